"""`llmcost chargeback close`, `list` and `reopen`: periods that stay as they were stated."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.cli.chargeback_options import Allocated, By, Month
from llmcost.cli.options import AsOf, Config, CurrencyOption, Db, Output, PeriodOption, ReadWait, Tz, Wait
from llmcost.cli.outputs import format_of_file

if TYPE_CHECKING:
    from decimal import Decimal

Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Why, for the record.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands to `llmcost chargeback`."""
    group.command("close")(close)
    group.command("list")(list_closings)
    group.command("reopen")(reopen)


def close(
    *,
    by: By = None,
    month: Month = None,
    period: PeriodOption = None,
    invoice_total: Annotated[
        str | None, typer.Option("--invoice-total", metavar="AMOUNT", help="What all invoices of the period come to.")
    ] = None,
    reconciled: Annotated[
        list[Path] | None,
        typer.Option("--reconciled", metavar="FILE", help="The JSON of `llmcost reconcile` for it; may be repeated."),
    ] = None,
    tolerance: Annotated[
        str | None,
        typer.Option(
            "--tolerance", metavar="PERCENT", help="Largest difference to allocate; that of `allocation:`, or 1%."
        ),
    ] = None,
    note: Note = None,
    tz: Tz = None,
    as_of: AsOf = None,
    currency: CurrencyOption = None,
    output_format: Allocated = None,
    output: Output = None,
    wait: Wait = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """Store a period's allocation as final. Lock its prices, and tie it to what was invoiced.

    Exit code 1, and nothing closed, when the invoices differ by more than the tolerance.
    """
    from llmcost.allocation.chargeback import Chargeback, chargeback
    from llmcost.allocation.closing import check_can_close, in_force
    from llmcost.allocation.closing import close as store
    from llmcost.allocation.spans import label
    from llmcost.allocation.tying import reconciled as reconciled_bills
    from llmcost.allocation.tying import tied_to, too_far
    from llmcost.cli import diagnostics
    from llmcost.cli.chargeback_options import question, shown
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ExitCode, UsageError
    from llmcost.domain.period import clock
    from llmcost.ledger import database, failures
    from llmcost.pricing.charges import list_with_charges
    from llmcost.render.chargeback import FORMATS, too_far_words

    chosen = format_of_file(output, output_format, FORMATS, "table")
    settings = load_settings(config)
    asked = question(settings, by=by, month=month, period=period, tz=tz, as_of=as_of, currency=currency)
    if invoice_total is not None and reconciled:
        raise UsageError("--invoice-total and --reconciled both say what was invoiced", hint="give one of them")
    invoice = None if invoice_total is None else _amount(invoice_total)
    allowed = asked.policy.tolerance if tolerance is None else _percent(tolerance)
    prices = list_with_charges(settings.pricing)
    path = settings.ledger_path(db)
    if not failures.is_there(path):
        raise failures.missing(path.absolute())
    now = clock(as_of)
    with database.writing(path, wait=30 if wait is None else wait) as ledger:
        check_can_close(
            in_force(ledger, asked.policy.by), asked.policy.by, asked.period, label(asked.period, asked.zone), now
        )
        if reconciled:
            bills = reconciled_bills(ledger, prices, asked, chargeback(ledger, prices, asked).allocation, reconciled)
            for line in bills.notes:
                diagnostics.note(line)
            invoice = bills.total
        if invoice is not None:
            asked = tied_to(asked, invoice)
        current = chargeback(ledger, prices, asked).allocation
        if too_far(current, allowed):
            diagnostics.warning(
                too_far_words(current, allowed),
                hint="find out why with `llmcost reconcile`, or allow more with --tolerance",
            )
            raise typer.Exit(ExitCode.FINDING)
        ledger.execute("begin transaction")
        closing = store(ledger, current, asked.policy, asked.rates, now=now, note=note)
        ledger.execute("commit")
    shown(Chargeback(allocation=current, closing=closing), chosen, output)
    diagnostics.note(f"{closing.label} is closed by {closing.by}; the prices of everything before its end are locked")


def list_closings(
    *,
    output_format: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table or json.")] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """List the periods that are closed, and those that were reopened."""
    import sys

    from llmcost.allocation.closing import every_closing
    from llmcost.cli import diagnostics
    from llmcost.config.settings import load_settings
    from llmcost.ledger.database import reading
    from llmcost.render import output as destination
    from llmcost.render.closings import closings_json, closings_table
    from llmcost.render.surface import Surface, surface_of

    chosen = format_of_file(output, output_format, ("table", "json"), "table")
    with reading(load_settings(config).ledger_path(db), wait=wait) as ledger:
        found = every_closing(ledger)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    if not found:
        diagnostics.note("nothing was closed")
    destination.write(closings_json(found) if chosen == "json" else closings_table(found, surface), output)


def reopen(
    *,
    by: By = None,
    month: Month = None,
    period: PeriodOption = None,
    note: Note = None,
    tz: Tz = None,
    as_of: AsOf = None,
    wait: Wait = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """Open the period that was closed last again. What was stored stays on record."""
    from llmcost.allocation import closing
    from llmcost.allocation.spans import label
    from llmcost.cli import diagnostics
    from llmcost.cli.chargeback_options import question
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import clock
    from llmcost.ledger import database, failures

    settings = load_settings(config)
    if month is None and period is None:
        raise UsageError(
            "which period is to be opened?", hint="name it with --month; `llmcost chargeback list` has them"
        )
    asked = question(settings, by=by, month=month, period=period, tz=tz, as_of=as_of)
    path = settings.ledger_path(db)
    if not failures.is_there(path):
        raise failures.missing(path.absolute())
    with database.writing(path, wait=30 if wait is None else wait) as ledger:
        ledger.execute("begin transaction")
        found = closing.reopen(
            ledger, asked.policy.by, asked.period, label(asked.period, asked.zone), now=clock(as_of), note=note
        )
        ledger.execute("commit")
    diagnostics.note(f"{found.label} is open again by {found.by}")


def _amount(text: str) -> "Decimal":
    import re
    from decimal import Decimal

    from llmcost.domain.errors import UsageError
    from llmcost.domain.grouping import ungrouped

    plain = ungrouped(text).strip()
    if not re.fullmatch(r"-?\d{1,24}(?:\.\d{1,12})?", plain):
        raise UsageError(f"cannot read --invoice-total {text!r}", hint="write an amount such as 1234.56")
    return Decimal(plain)


def _percent(text: str) -> "Decimal":
    import re
    from decimal import Decimal

    from llmcost.domain.errors import UsageError

    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?)\s*%?", text.strip())
    if found is None or Decimal(found[1]) > 100:
        raise UsageError(f"cannot read --tolerance {text!r}", hint="write a percentage such as 0.5%")
    return Decimal(found[1]) / 100
