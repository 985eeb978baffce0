"""Options that read the same in every command, declared once.

    def report(by: By = None, period: PeriodOption = None, db: Db = None, ...) -> None:

Every default is None or False, so a command can tell what the user typed.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

# Whether it can be read is said where it is opened, in the same words wherever its name came from.
Db = Annotated[Path | None, typer.Option("--db", metavar="PATH", readable=False, help="The ledger (or LLMCOST_DB).")]
Config = Annotated[Path | None, typer.Option("--config", metavar="PATH", help="llmcost.yaml (or LLMCOST_CONFIG).")]

PeriodOption = Annotated[
    str | None,
    typer.Option(
        "--period", metavar="PERIOD", help="2026, 2026-Q4, 2026-11, 2026-W45, today, 7d, mtd, last-month, ..."
    ),
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="From this ISO time; a date is its midnight in --tz.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Up to, not including, this ISO time.")]
Tz = Annotated[
    str | None, typer.Option("--tz", metavar="ZONE", help="Time zone of days and periods, such as Europe/Berlin; UTC.")
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="TIME", help="Take this ISO time for now (or LLMCOST_NOW).")
]

By = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="A,B", help="Dimensions, tags, or hour, day, week, month, quarter, year."),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where", metavar="TERM", help="KEY=V, KEY!=V, KEY~RE, 'KEY in a,b', 'KEY not in a,b'; repeat to AND."
    ),
]
Metrics = Annotated[list[str] | None, typer.Option("--metrics", metavar="A,B", help="The numbers to show.")]
Top = Annotated[int | None, typer.Option("--top", metavar="N", min=1, help="The N largest, the rest as one row.")]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="At most N rows.")]
Compare = Annotated[
    str | None,
    typer.Option(
        "--compare", metavar="previous", help="Beside the period before; mtd and the like, as many days of it."
    ),
]

CurrencyOption = Annotated[
    str | None, typer.Option("--currency", metavar="CODE", help="Convert at the dated rates of `fx:` in llmcost.yaml.")
]

BasisOption = Annotated[
    str | None, typer.Option("--basis", metavar="BASIS", help="requests or exports; requests if there are any.")
]

Format = Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table, json, csv or markdown.")]


def _file(path: Path | None) -> Path | None:
    """The file to write to; `-` is stdout, as for everybody else."""
    return None if path == Path("-") else path


Output = Annotated[
    Path | None,
    typer.Option("--output", metavar="FILE", help="Write there instead of to stdout.", callback=_file),
]

Wait = Annotated[
    float | None, typer.Option("--wait", metavar="SECONDS", min=0, help="How long to wait for another process; 30.")
]
ReadWait = Annotated[
    float,
    typer.Option("--wait", metavar="SECONDS", min=0, show_default=False, help="How long to wait for a writer; 5."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 3 when anything could not be read.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No notes and no progress.")]

FindingsFile = Annotated[
    Path, typer.Option("--findings", metavar="FILE", help="What was decided about findings; commit it.")
]
DECISIONS = Path("llmcost-findings.yaml")
"""Where decisions about findings stand unless said otherwise."""
TodaysPlans = Annotated[
    Path | None, typer.Option("--today", metavar="FILE", help="Today's plans and who is on which, from another file.")
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Of the resamples behind the intervals.")]


def names(values: Iterable[str] | None) -> list[str]:
    """The names in a list option: `--by a,b --by c` is a, b, c."""
    return [name for value in values or () for part in value.split(",") if (name := part.strip())]
