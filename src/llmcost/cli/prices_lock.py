"""`llmcost prices lock`: close a period, so that a new price list does not change what it cost."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.cli.options import Config, Db, Tz, Wait

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmcost.ledger.locks import Lock, Override


def register_price_command(group: typer.Typer) -> None:
    """Add the command to `llmcost prices`."""
    group.command("lock")(lock)


def lock(
    *,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Lock what began before this ISO time; a date is its midnight."),
    ] = None,
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Why, for the list.")] = None,
    clear: Annotated[
        str | None, typer.Option("--clear", metavar="TIME", help="Lift the lock that ends at this time.")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="Show the locks, and who was let past one.")] = False,
    output_format: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table or json.")] = None,
    tz: Tz = None,
    wait: Wait = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """Lock the prices of a closed period. `db reprice` and new price lists leave what it cost as it is.

    Requests that arrive late are still added and rated; `ingest` says how many.
    """
    from llmcost.cli import diagnostics
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import clock, parse_instant, time_zone
    from llmcost.ledger import database, failures, locks
    from llmcost.reports.choices import choice

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    path = settings.ledger_path(db)
    if sum((until is not None, clear is not None, show)) != 1:
        raise UsageError("prices lock does one thing at a time", hint="give one of --until, --clear and --list")
    if note is not None and until is None:
        raise UsageError("--note belongs to --until", hint="say why a period is locked when locking it")
    if not failures.is_there(path):
        raise failures.missing(path.absolute())
    if show:
        chosen = choice("--format", output_format or "table", ("table", "json"))
        with database.reading(path, wait=5 if wait is None else wait) as ledger:
            found, past = locks.locks(ledger), locks.overrides(ledger)
        typer.echo(_json(found, past) if chosen == "json" else _text(found, past))
        return
    if output_format is not None:
        raise UsageError("--format belongs to --list", hint="leave it out")
    now = clock()
    end = parse_instant(until or clear or "", zone)
    if until is not None and end > now:
        raise UsageError(
            f"--until {until} is in the future: a period still open cannot be locked", hint="lock it once it is over"
        )
    with database.writing(path, wait=30 if wait is None else wait) as ledger:
        if until is not None:
            locks.add(ledger, _naive(end), note, _naive(now))
        elif not locks.clear(ledger, _naive(end), _naive(now)):
            in_force = [_moment(one.until) for one in locks.locks(ledger) if one.cleared_at is None]
            known = f"the locks in force end {', '.join(in_force)}" if in_force else "no lock is in force"
            raise UsageError(f"no lock ends {_moment(_naive(end))}", hint=known)
        left = locks.locked_until(ledger)
    diagnostics.note("nothing is locked now" if left is None else f"locked: everything before {_moment(left)}")


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _moment(naive: datetime) -> str:
    return f"{naive:%Y-%m-%d %H:%M:%S} UTC".replace(" 00:00:00 UTC", " UTC")


def _text(found: "Sequence[Lock]", past: "Sequence[Override]") -> str:
    from llmcost.domain.printable import printable
    from llmcost.domain.text import plural

    lines = [_line(found_lock) for found_lock in found] or ["nothing is locked"]
    lines += [
        f"overridden {_moment(one.at.replace(microsecond=0))}: {plural(one.rows, 'request')} before {_moment(one.until)} rated again"
        for one in past
    ]
    return "\n".join(printable(line) for line in lines)


def _line(one: "Lock") -> str:
    lifted = "" if one.cleared_at is None else f", lifted {one.cleared_at:%Y-%m-%d}"
    note = "" if one.note is None else f": {one.note}"
    return f"before {_moment(one.until)}, locked {one.created_at:%Y-%m-%d}{lifted}{note}"


def _json(found: "Iterable[Lock]", past: "Iterable[Override]") -> str:
    from llmcost.render.json import dumped

    def text(naive: datetime | None) -> str | None:
        return None if naive is None else f"{naive.isoformat()}Z"

    return dumped(
        {
            "schema": "llmcost/price-locks/1",
            "locks": [
                {
                    "until": text(one.until),
                    "note": one.note,
                    "created_at": text(one.created_at),
                    "cleared_at": text(one.cleared_at),
                }
                for one in found
            ],
            "overrides": [{"at": text(one.at), "until": text(one.until), "requests": one.rows} for one in past],
        }
    )
