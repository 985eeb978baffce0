"""Requests as one Parquet file a day, in folders that every engine takes for partitions: `day=2026-11-01/requests.parquet`.

A day is UTC, as the ledger is. Exporting again replaces the days of the period and leaves the others alone, so that a
nightly job can write yesterday, and a repeated one changes nothing.
"""

import re
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.domain.errors import DataError, UsageError
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.ledger.exports import Shape, days, export_requests

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FOLDER = re.compile(r"day=(\d{4}-\d\d-\d\d)")
_FILE = "requests.parquet"


def export_days(connection: "DuckDBPyConnection", selection: Selection, folder: Path, shape: Shape) -> tuple[int, int]:
    """Write the selected requests below `folder`; returns how many, and on how many days.

    Each day takes its place whole. A day of the period that has no request any more loses its folder. Raises UsageError
    for a period that cuts a day in two, DataError for a folder that cannot be written to.
    """
    _check(selection.period)
    if folder.exists() and not folder.is_dir():
        raise DataError(f"cannot write to {folder}: it is not a folder", hint="name a folder with --output")
    written, found = 0, days(connection, selection)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.resolve().parent) as fresh:
            for day in found:
                start = datetime(day.year, day.month, day.day, tzinfo=UTC)
                one = replace(selection, period=Period(since=start, until=start + timedelta(days=1)))
                place = Path(fresh) / f"day={day}"
                place.mkdir()
                written += export_requests(connection, one, place / _FILE, "parquet", shape)
            for day in found:
                _replaced(folder / f"day={day}", Path(fresh) / f"day={day}")
        for day, place in _kept(folder):
            if day not in found and _within(day, selection.period):
                shutil.rmtree(place)
    except OSError as error:
        raise DataError(
            f"cannot write to {folder}: {error.strerror or error}", hint="name a folder you may write to with --output"
        ) from error
    return written, len(found)


def _check(period: Period) -> None:
    """UsageError for a bound that is not the beginning of a day."""
    for bound in (period.since, period.until):
        at = None if bound is None else bound.astimezone(UTC)
        if at is not None and (at.hour, at.minute, at.second, at.microsecond) != (0, 0, 0, 0):
            raise UsageError(
                f"--partition day cannot cut a day in two: the period has a bound at {at:%Y-%m-%dT%H:%M:%S}Z",
                hint="days are UTC; use --tz UTC and dates",
            )


def _replaced(place: Path, fresh: Path) -> None:
    """Put a day in place of the one before; its file is replaced in one step, so that a reader always finds one."""
    place.mkdir(exist_ok=True)
    (fresh / _FILE).replace(place / _FILE)


def _kept(folder: Path) -> list[tuple[date, Path]]:
    """The days there are, with their folders; only such as hold our file and nothing else."""
    found = []
    for place in sorted(folder.iterdir()):
        name = _FOLDER.fullmatch(place.name)
        if name is not None and place.is_dir() and [one.name for one in place.iterdir()] == [_FILE]:
            found.append((date.fromisoformat(name[1]), place))
    return found


def _within(day: date, period: Period) -> bool:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (period.since is None or start >= period.since) and (period.until is None or start < period.until)
