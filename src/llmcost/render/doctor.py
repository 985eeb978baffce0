"""The outcome of `llmcost doctor`, as a table and as JSON."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from llmcost.domain.checkup import Checkup, Place, Rows
from llmcost.domain.credentials import masked_shapes
from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.json import dumped
from llmcost.render.numbers import human, plain
from llmcost.render.surface import Surface
from llmcost.render.visible import label
from llmcost.reports.record import Column

_COLUMNS = (
    Column(name="name", title="Source", kind="text", role="key"),
    Column(name="state", title="State", kind="text", role="key"),
    Column(name="newest", title="Newest request", kind="text", role="metric"),
    Column(name="requests", title="Requests", kind="count", role="metric"),
    Column(name="tagged", title="Tagged", kind="percent", role="metric"),
)


def as_text(found: Checkup, surface: Surface) -> str:
    """The ledger and the price list, a line for each source, and what is wrong."""
    lines = list(_head(found))
    parts = ["\n".join(_fitted(lines, surface))]
    if found.places:
        rows = tuple(_row(place) for place in found.places)
        cells = Grid(columns=_COLUMNS, headings=tuple(column.title for column in _COLUMNS), rows=rows, totals=None)
        parts.append(drawn(cells, surface, ("requests", "newest")))
    problems = list(_problems(found))
    parts.append("\n".join(_fitted(problems, surface)) if problems else "Nothing is wrong.")
    return "\n\n".join(parts) + "\n"


def as_json(found: Checkup) -> str:
    """The stable document `llmcost/doctor/1`."""
    ledger = found.ledger
    document: dict[str, Any] = {
        "schema": "llmcost/doctor/1",
        "exit_code": int(found.exit_code),
        "ledger": {
            "path": str(ledger.path),
            "readable": ledger.size is not None,
            "size": ledger.size,
            "schema_version": ledger.schema_version,
            **_counts(ledger.rows),
            "first": _instant(ledger.first),
            "usage_buckets": ledger.buckets,
            "unpriced_requests": ledger.unpriced,
            "rejected": ledger.rejected,
            "locked_until": _instant(ledger.locked_until),
        },
        "price_list_as_of": None if found.prices is None else found.prices.isoformat(),
        "sources": [_source(place) for place in found.places],
        "doubled": [
            {
                "issuers": list(one.issuers),
                "evidence": one.evidence,
                "requests": one.requests,
                "cost": plain(one.cost),
            }
            for one in found.doubled
        ],
        "problems": [
            {
                "severity": problem.severity,
                "subject": masked_shapes(problem.subject),
                "message": masked_shapes(problem.message),
                "hint": problem.hint,
            }
            for problem in found.problems
        ],
    }
    return dumped(document) + "\n"


def _head(found: Checkup) -> Iterator[str]:
    ledger = found.ledger
    # Why a ledger could not be read stands with the problems, with its path.
    if ledger.size is not None:
        span = f", {ledger.first:%Y-%m-%d} to {ledger.rows.newest:%Y-%m-%d} UTC" if ledger.first else ""
        tagged = f", {_share(ledger.rows)} with tags" if ledger.rows.requests else ""
        yield (
            f"ledger  {printable(str(ledger.path))}: {plural(ledger.rows.requests, 'request')}{span}{tagged}; "
            f"schema {ledger.schema_version}, {_size(ledger.size)}"
        )
        if ledger.buckets:
            end = "" if ledger.buckets_until is None else f", until {ledger.buckets_until:%Y-%m-%d %H:%M} UTC"
            yield f"exports {plural(ledger.buckets, 'usage bucket')}{end}"
        if ledger.locked_until is not None:
            yield f"locked  until {ledger.locked_until:%Y-%m-%d %H:%M} UTC"
    yield f"prices  {'not readable' if found.prices is None else f'list of {found.prices}'}"


def _problems(found: Checkup) -> Iterator[str]:
    for problem in found.problems:
        yield f"{problem.severity}: {printable(masked_shapes(problem.subject))}: {printable(masked_shapes(problem.message))}"
        if problem.hint is not None:
            yield f"  hint: {printable(problem.hint)}"


def _fitted(lines: list[str], surface: Surface) -> list[str]:
    if surface.width is None:
        return lines
    return [part for line in lines for part in wrapped(line, surface.width, "        ")]


def _row(place: Place) -> tuple[str, ...]:
    newest = place.rows.newest
    return (
        label(masked_shapes(place.name)),
        f"{_state(place)}, {plural(place.buckets, 'usage bucket')}" if place.buckets else _state(place),
        f"{newest:%Y-%m-%d %H:%M}" if newest is not None else "-",
        human(place.rows.requests, "count", "USD"),
        _share(place.rows) if place.rows.requests else "-",
    )


def _state(place: Place) -> str:
    if place.kind == "path":
        if not place.files:
            return "no files"
        return f"{place.unread:,} of {place.files:,} to read" if place.unread else f"{plural(place.files, 'file')} read"
    if place.answer is None:
        return "not asked"
    if not place.answer.reachable:
        return "unreachable"
    if place.answer.authorised is None:
        return "error"
    if not place.answer.authorised:
        return "refused"
    return "ok" if place.answer.recent else "ok, nothing new in a day"


def _source(place: Place) -> dict[str, Any]:
    shared = {
        "name": masked_shapes(place.name),
        "kind": place.kind,
        **_counts(place.rows),
        "usage_buckets": place.buckets,
        "usage_buckets_until": _instant(place.buckets_until),
    }
    if place.kind == "path":
        return {**shared, "files": place.files, "unread_files": place.unread}
    answer = place.answer
    return {
        **shared,
        "asked": answer is not None,
        "reachable": None if answer is None else answer.reachable,
        "authorised": None if answer is None else answer.authorised,
        "recent": None if answer is None else answer.recent,
    }


def _counts(rows: Rows) -> dict[str, Any]:
    ratio = round(rows.tagged / rows.requests, 6) if rows.requests else None
    return {"requests": rows.requests, "tagged_ratio": ratio, "newest": _instant(rows.newest)}


def _share(rows: Rows) -> str:
    return human(rows.tagged / rows.requests, "percent", "USD")


def _size(size: int) -> str:
    return f"{size / 1024 / 1024:,.1f} MiB"


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().removesuffix("+00:00") + "Z"
