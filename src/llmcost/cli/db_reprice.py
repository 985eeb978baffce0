"""`llmcost db reprice`: rate stored requests again with the price list of today."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.cli.options import AsOf, Config, Db, Output, PeriodOption, Since, Tz, Until, Wait, Where

if TYPE_CHECKING:
    from llmcost.pricing.reprice import Diff


def reprice(
    *,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", metavar="NAME", help="Only this model, as reports name it; repeat.")
    ] = None,
    where: Where = None,
    pricing: Annotated[
        list[Path] | None,
        typer.Option("--pricing", metavar="FILE", help="A price file laid over those of llmcost.yaml; repeat."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and stop.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Change it without asking.")] = False,
    override_lock: Annotated[
        bool, typer.Option("--override-lock", help="Change locked periods too; this is recorded.")
    ] = False,
    output_format: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table or json.")] = None,
    output: Output = None,
    wait: Wait = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """Rate stored requests again with the price list of today. What changes is shown before.

    On a terminal it asks before it changes anything. Without one, it shows what would change and stops with exit code 2,
    unless --yes or --dry-run is given.
    """
    from llmcost.cli import diagnostics
    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import DataError, UsageError
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger import failures
    from llmcost.pricing import reprice as use_case
    from llmcost.pricing.price_list import load_price_list
    from llmcost.render import output as destination
    from llmcost.render.reprice import FORMATS, as_json, as_text
    from llmcost.render.surface import Surface, surface_of

    if dry_run and yes:
        raise UsageError("--dry-run and --yes contradict each other", hint="give one of them")
    chosen_format = format_of_file(output, output_format, FORMATS, "table")
    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    path = settings.ledger_path(db)
    if not failures.is_there(path):
        raise failures.missing(path.absolute())
    request = use_case.RepriceRequest(
        ledger=path,
        price_list=load_price_list((*settings.pricing, *(pricing or ()))),
        bills=settings.bills,
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        where=tuple(where or ()),
        models=tuple(model or ()),
        override_lock=override_lock,
        wait=30 if wait is None else wait,
    )

    def show(diff: "Diff", *, applied: bool) -> None:
        currency = request.price_list.currency
        if chosen_format == "table" and not diff.changed:
            return
        if chosen_format == "json":
            text = as_json(diff, request.period, zone, currency, applied=applied)
        else:
            text = as_text(diff, currency, Surface() if output is not None else surface_of(sys.stdout))
        destination.write(text, output)

    if yes:
        diff = use_case.reprice(request, lambda _diff: True)
        show(diff, applied=diff.changed)
        _done(diff, override_lock=override_lock)
        return
    diff = use_case.preview(request, migrate=not dry_run)
    show(diff, applied=False)
    if not diff.changed:
        _done(diff, override_lock=override_lock)
        return
    if dry_run:
        diagnostics.note("nothing was changed: this was a dry run")
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "nothing was changed: there is no terminal to ask on",
            hint="repeat with --yes to apply this, or with --dry-run to only look",
        )
    if not typer.confirm(f"Change {_requests(diff)}?", err=True):
        diagnostics.note("nothing was changed")
        return
    if use_case.reprice(request, lambda now: now == diff) != diff:
        raise DataError("nothing was changed: the ledger is not what it was when you were asked", hint="run it again")
    _done(diff, override_lock=override_lock)


def _requests(diff: "Diff") -> str:
    from llmcost.domain.text import plural

    requests, buckets = plural(diff.total.changed, "request"), plural(diff.buckets.changed, "usage bucket")
    if not diff.buckets.changed:
        return requests
    return f"{requests} and {buckets}" if diff.total.changed else buckets


def _done(diff: "Diff", *, override_lock: bool) -> None:
    from llmcost.cli import diagnostics
    from llmcost.domain.text import plural

    locked = (
        f"{plural(diff.locked, 'request')} before the lock left as they are"
        if diff.locked and not override_lock
        else ""
    )
    if diff.changed:
        diagnostics.note(f"{_requests(diff)} changed")
    elif diff.total.rows:
        left = f"; {locked}" if locked else ""
        diagnostics.note(
            f"nothing to change: every request in scope has the cost price list {diff.price_list} gives it{left}"
        )
    else:
        diagnostics.note(f"nothing to change: {locked or 'no request is in scope'}")
