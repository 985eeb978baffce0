"""`llmcost tiers`: what customers would pay on other plans."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from llmcost.cli import diagnostics, tiers_limits, tiers_simulate, tiers_suggest
from llmcost.cli.options import Format, Output

PlansFile = Annotated[Path, typer.Argument(metavar="PLANS", help="A file of plans.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Rate usage by price plans, simulate them, suggest better ones.", rich_markup_mode=None)
    group.callback()(lambda: None)
    group.command("rate")(rate)
    tiers_simulate.add_to(group)
    tiers_suggest.add_to(group)
    tiers_limits.add_to(group)
    group.command("lint")(lint)
    app.add_typer(group, name="tiers")


def rate(
    plans: PlansFile,
    *,
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="ID", help="Which plan; needed where there are several.")
    ] = None,
    usage: Annotated[
        list[str] | None,
        typer.Option(
            "--usage", metavar="METER=QUANTITY", help="What was used (10+80: two transactions); repeat for more."
        ),
    ] = None,
    revenue_base: Annotated[
        str | None, typer.Option("--revenue-base", metavar="AMOUNT", help="The money percentage charges are taken of.")
    ] = None,
    days: Annotated[
        str | None,
        typer.Option("--days", metavar="A/B", help="A of the period's B days; see `proration:` of the file."),
    ] = None,
    efficiency: Annotated[
        str | None,
        typer.Option(
            "--efficiency", metavar="PERCENT", help="How many customers are less efficient, for that discount."
        ),
    ] = None,
    unrounded: Annotated[bool, typer.Option("--unrounded", help="Every digit, no rounding to cents.")] = False,
    output_format: Format = None,
    output: Output = None,
) -> None:
    """Write the invoice for a quantity. One line per charge and tier, which add up to the total."""
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.domain.errors import UsageError
    from llmcost.domain.text import nearest
    from llmcost.render import output as destination
    from llmcost.render.invoice import FORMATS, render_invoice
    from llmcost.render.surface import Surface, surface_of
    from llmcost.tiers.invoice import invoice
    from llmcost.tiers.metering import metered
    from llmcost.tiers.plans import read_plans

    chosen = format_of_file(output, output_format, FORMATS, "table")
    file = read_plans(plans)
    if plan is None and len(file.plans) > 1:
        raise UsageError(
            "there are several plans", hint=f"name one with --plan: {', '.join(one.id for one in file.plans)}"
        )
    found = file.plans[0] if plan is None else file.plan(plan)
    if found is None:
        ids = [one.id for one in file.plans]
        raise UsageError(f"no plan has the id {plan!r}", hint=nearest(str(plan), ids) or f"plans: {', '.join(ids)}")
    each = _usage(usage)
    sums = {name: sum(amounts, Decimal(0)) for name, amounts in each.items()}
    quantities = metered(file, found, sums, None if revenue_base is None else _number("--revenue-base", revenue_base))
    for name in sorted(set(quantities.unknown)):
        diagnostics.note(f"{found.id} charges nothing for {name}")
    for meter, limit in found.limits.items():
        if quantities.usage.get(meter, Decimal(0)) > limit:
            diagnostics.note(f"{found.id} is limited to {limit:,f} {meter}; the gateway would refuse the rest")
    if days is not None and file.proration == "none":
        diagnostics.note(f"{plans} says no `proration:`, so the whole period is charged")
    result = invoice(
        found,
        quantities.usage,
        None if unrounded else file.rounding,
        fraction=Decimal(1) if days is None else _fraction(days, file.proration),
        transactions={name: amounts for name, amounts in each.items() if len(amounts) > 1},
        efficiency=None if efficiency is None else _number("--efficiency", efficiency.removesuffix("%")) / 100,
    )
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(render_invoice(result, chosen, surface), output)


def lint(
    plans: PlansFile,
    *,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="SEVERITY", help="Exit 1 for these: error, warning or never.")
    ] = "error",
    output_format: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table or json.")] = None,
    output: Output = None,
) -> None:
    """Find cliffs, use nobody pays for and plans nobody should take."""
    import sys

    from llmcost.cli.outputs import format_of_file
    from llmcost.domain.errors import ExitCode
    from llmcost.domain.text import plural
    from llmcost.render import output as destination
    from llmcost.render.surface import Surface, surface_of
    from llmcost.render.tiers_lint import lint_json, lint_table
    from llmcost.reports.choices import choice
    from llmcost.tiers.lint import lint_plans

    chosen = format_of_file(output, output_format, ("table", "json"), "table")
    worst = choice("--fail-on", fail_on, ("error", "warning", "never"))
    found = lint_plans(plans)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    destination.write(lint_json(found) if chosen == "json" else lint_table(found, surface), output)
    failing = [one for one in found if worst in {"warning", one.severity}]
    if not found:
        diagnostics.note(f"nothing found in {plans}")
    if failing and worst != "never":
        diagnostics.note(f"{plural(len(failing), 'finding')} at or over --fail-on {worst}")
        raise typer.Exit(ExitCode.FINDING)


def _usage(terms: list[str] | None) -> dict[str, tuple[Decimal, ...]]:
    """The amounts of each meter: one, or those that `+` stands between."""
    import re

    from llmcost.domain.errors import UsageError

    found: dict[str, tuple[Decimal, ...]] = {}
    for term in terms or ():
        name, sign, quantity = term.partition("=")
        if not sign or not name.strip():
            raise UsageError(f"cannot read --usage {term!r}", hint="write METER=QUANTITY, such as total=1500000")
        if name.strip() in found:
            raise UsageError(f"--usage {name.strip()} is there twice")
        # A plus also stands in 1e+6.
        found[name.strip()] = tuple(_number("--usage", part) for part in re.split(r"(?<![eE])\+", quantity))
    return found


def _number(option: str, text: str) -> Decimal:
    from decimal import InvalidOperation

    from llmcost.domain.errors import UsageError
    from llmcost.domain.grouping import ungrouped

    try:
        number = Decimal(ungrouped(text))
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or number < 0 or number.adjusted() > 24:
        raise UsageError(f"cannot read {option} {text!r}", hint="write a number from 0 up, such as 1500000 or 0.5")
    return number


def _fraction(text: str, proration: str) -> Decimal:
    """The part of the period; whole days unless proration is to the second."""
    from llmcost.domain.errors import UsageError
    from llmcost.tiers.invoice import prorated

    part, sign, whole = text.partition("/")
    if not sign:
        raise UsageError(f"cannot read --days {text!r}", hint="write A/B, such as 15/31")
    first, second = _number("--days", part), _number("--days", whole)
    if not second or first > second:
        raise UsageError(f"cannot read --days {text!r}", hint="A of B days, A at most B")
    if proration == "day" and (first % 1 or second % 1):
        raise UsageError("proration is by whole days", hint="`proration: second` takes parts of days")
    return Decimal(1) if proration == "none" else prorated(first, second)
