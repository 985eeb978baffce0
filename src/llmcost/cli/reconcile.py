"""`llmcost reconcile`: our numbers against the provider's bill."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.cli import diagnostics
from llmcost.cli.options import AsOf, Config, Db, Format, Limit, Output, PeriodOption, ReadWait, Since, Tz, Until
from llmcost.domain.errors import ExitCode

if TYPE_CHECKING:
    from llmcost.reconcile.result import Reconciliation


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("reconcile")(reconcile)


def reconcile(
    *,
    invoice: Annotated[
        list[Path] | None,
        typer.Option("--invoice", metavar="FILE", help="A provider's cost export, .gz or not; repeat for more."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="exports", help="Instead of an invoice: the usage exports in the ledger."),
    ] = None,
    basis: Annotated[
        str | None, typer.Option("--basis", metavar="BASIS", help="What the bill is compared with; requests.")
    ] = None,
    invoice_format: Annotated[
        str | None,
        typer.Option("--invoice-format", metavar="ID", help="What the file is, where its shape does not tell."),
    ] = None,
    invoice_map: Annotated[
        Path | None, typer.Option("--map", metavar="FILE", help="YAML that names the columns of any other invoice.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", metavar="NAME", help="Whose bill it is, where it does not say.")
    ] = None,
    tolerance: Annotated[
        str, typer.Option("--tolerance", metavar="LIMIT", help="How much may stay unexplained: 0.5% or 2.00.")
    ] = "1%",
    fail_on: Annotated[
        str,
        typer.Option("--fail-on", metavar="WHAT", help="What --tolerance limits: the unexplained, or any difference."),
    ] = "unexplained",
    invoice_rounding: Annotated[
        str | None,
        typer.Option("--invoice-rounding", metavar="HOW", help="line, total or none; as the bill's digits say."),
    ] = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    limit: Limit = None,
    output_format: Format = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Compare the provider's bill with what was logged. Its usage exports will do too, and why they differ is said.

    Exits 1 when more of the difference stays unexplained than --tolerance allows; with --fail-on difference, also when bill and
    log are further apart than that for reasons that are known. Else exits 3 when a line of the bill could not be compared.
    """
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.ledger.composition import BASES
    from llmcost.ledger.database import reading
    from llmcost.pricing.price_list import load_price_list
    from llmcost.reconcile.exported import exported_invoice, is_estimated
    from llmcost.reconcile.mapping import read_map
    from llmcost.reconcile.reading import read_invoices
    from llmcost.reconcile.rows import ROUNDINGS
    from llmcost.reconcile.run import ReconcileRequest
    from llmcost.reconcile.run import reconcile as compare
    from llmcost.reconcile.tolerance import parse_tolerance
    from llmcost.render import output as destination
    from llmcost.render.formats import FORMATS
    from llmcost.render.reconcile import render_reconciliation
    from llmcost.render.surface import Surface, surface_of
    from llmcost.reports.choices import choice

    settings = load_settings(config)
    zone = time_zone(tz or settings.tz)
    chosen_format = format_of_file(output, output_format, FORMATS, "table")
    limit_left = parse_tolerance(tolerance)
    failing = choice("--fail-on", fail_on, ("unexplained", "difference"))
    rounding = None if invoice_rounding is None else choice("--invoice-rounding", invoice_rounding, ROUNDINGS)
    chosen = chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone)
    exported = against is not None and choice("--against", against, ("exports",)) == "exports"
    compared = "requests" if basis is None else choice("--basis", basis, BASES)
    if exported == bool(invoice):
        raise UsageError(
            "say what to compare with, and only once",
            hint="name a bill with --invoice FILE, or use --against exports for the usage exports in the ledger",
        )
    if exported and compared == "exports":
        raise UsageError("exports cannot be compared with themselves", hint="leave out --basis exports")
    invoices = read_invoices(
        invoice or [], format_name=invoice_format, invoice_map=None if invoice_map is None else read_map(invoice_map)
    )
    prices = load_price_list(settings.pricing)
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        if exported:
            invoices = [exported_invoice(ledger, prices.currency)]
            if is_estimated(ledger):
                diagnostics.note("exported usage without a bill stands at what the price list makes of it")
        result = compare(
            ledger,
            prices,
            ReconcileRequest(
                invoices=invoices,
                tolerance=limit_left,
                period=chosen,
                zone=zone,
                provider=provider,
                rounding=rounding,
                currency=prices.currency,
                basis=compared,
            ),
        )
    _warn(result)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_reconciliation(result, chosen_format, surface, limit), output)
    code = _exit_code(result, known_too=failing == "difference")
    if code:
        raise typer.Exit(code)


def _exit_code(result: "Reconciliation", *, known_too: bool) -> ExitCode:
    """A difference before lines that were not compared; `known_too`: also one whose reasons are known."""
    if not result.rests_may_stay or (known_too and not result.tolerance.allows(result.difference, result.billed)):
        return ExitCode.FINDING
    return ExitCode.DATA if result.unread else ExitCode.OK


def _warn(result: "Reconciliation") -> None:
    """Say what may make the comparison wrong."""
    from llmcost.render.reconcile import unused_lines

    for line in unused_lines(result):
        diagnostics.warning(line)
    if repeating := [file.path for file in result.files if file.repeated]:
        diagnostics.warning(
            f"files of the bill charge for the same, and of two readings the larger counts: {', '.join(repeating)}",
            hint="that is right for pulls that overlap; join bills that only look alike to one file, whose lines are added up",
        )
    if not result.requests and result.basis == "requests":
        whose = f" of {', '.join(result.providers)}" if result.providers else ""
        diagnostics.warning(
            f"the ledger has no request{whose} in these days", hint="`llmcost report --by provider` lists whom it knows"
        )
