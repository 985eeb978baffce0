"""A simulation of plans in every format; JSON is `llmcost/tiers-simulation/1`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, get_args

from llmcost.domain.text import plural
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.json import dumped
from llmcost.render.markdown import escape, grid_table
from llmcost.render.surface import Surface
from llmcost.render.tiers_simulation_json import customers_csv, shape
from llmcost.render.visible import label
from llmcost.reports.record import Column
from llmcost.tiers.breakdown import Economics, Move
from llmcost.tiers.customers import CustomerResult
from llmcost.tiers.simulation import Simulation

Format = Literal["table", "json", "csv", "markdown", "html", "svg"]
FORMATS: tuple[Format, ...] = get_args(Format)
_SHOWN = 10
_UNKNOWN = "-"
_EXPENDABLE = ("Used p90", "Used p50")
"""Columns of plans a narrow terminal does without."""


def render_simulation(result: Simulation, format_name: Format, surface: Surface, limit: int | None = None) -> str:
    """The simulation, ending in a line break; `limit` is how many customers a table lists."""
    match format_name:
        case "json":
            return f"{dumped(shape(result))}\n"
        case "csv":
            return customers_csv(result)
        case "svg":
            from llmcost.render.tiers_curve import curves

            return curves(result)
        case "html":
            from llmcost.render.tiers_page import page

            return page(result, sections(result, limit), facts(result))
        case "markdown":
            parts = [f"### {escape(title)}\n\n{grid_table(cells)}" for title, cells in sections(result, limit)]
            return "\n\n".join([*parts, "\n".join(f"- {escape(line)}" for line in facts(result))]) + "\n"
        case _:
            parts = [f"{title}\n{drawn(cells, surface, _EXPENDABLE)}" for title, cells in sections(result, limit)]
            told = facts(result)
            if surface.width is not None:
                told = [line for one in told for line in wrapped(one, surface.width, "  ")]
            return "\n\n".join([*parts, "\n".join(told)]) + "\n"


def sections(result: Simulation, limit: int | None) -> list[tuple[str, Grid]]:
    """The tables of a simulation with their titles."""
    found = [(f"Today and proposed ({result.offer.policy.replace('_', ' ')})", _totals(result))]
    found.append((f"Plans ({result.offer.meter} per month)", _plans(result)))
    if result.migration:
        found.append(("From today's plan, last month", _moves(result.migration)))
    if result.path:
        found.append(("Month by month", _moves(result.path)))
    worth = [one for one in result.customers if one.flags]
    if worth:
        shown = worth[: limit or _SHOWN]
        count = plural(len(worth), "customer")
        title = f"{count} to look at" + (f", {len(shown)} shown" if len(shown) < len(worth) else "")
        found.append((title, _customers(shown)))
    found.append(("If things change", _scenarios(result)))
    if result.elasticities:
        found.append(("If customers who pay more may leave", _elasticities(result)))
    return found


def facts(result: Simulation) -> list[str]:
    """What the tables leave to be said."""
    lines = [
        (
            f"{plural(result.population.customers, 'customer')}, {plural(len(result.population.months), 'month')} "
            f"({span(result.population.months)}), use as it was."
        )
    ]
    lines.append(
        f"Margin {money(result.margin.value)}; in 9 of 10 resamples of the customers "
        f"{money(result.margin.low)} to {money(result.margin.high)}."
    )
    if result.change is not None:
        lines.append(
            f"Change {money(result.change.value, signed=True)}; in 9 of 10 resamples "
            f"{money(result.change.low, signed=True)} to {money(result.change.high, signed=True)}."
        )
    if result.without_largest is not None and result.without_largest.change is not None:
        lines.append(
            f"Without {label(result.without_largest.customer)}, whose bill changes most: "
            f"{money(result.without_largest.change, signed=True)}."
        )
    for name in ("below-cost-today", "below-cost", "bill-shock", "upsell"):
        count = sum(name in one.flags for one in result.customers)
        if count:
            lines.append(f"{_FLAGS[name]}: {plural(count, 'customer')}.")
    return lines


_FLAGS = {
    "below-cost-today": "Sold below cost today",
    "below-cost": "Sold below cost on the proposed plans",
    "bill-shock": "Bill more than doubles",
    "upsell": "At 90 % or more of the plan, with a larger plan to go to",
}


def _column(name: str, title: str) -> Column:
    return Column(name=name, title=title, kind="text", role="metric")


def _grid(keys: Sequence[str], numbers: Sequence[str], rows: Sequence[Sequence[str]]) -> Grid:
    columns = [Column(name=title, title=title, kind="text", role="key") for title in keys]
    columns += [_column(title, title) for title in numbers]
    return Grid(
        columns=tuple(columns),
        headings=(*keys, *numbers),
        rows=tuple(tuple(row) for row in rows),
        totals=None,
    )


def _totals(result: Simulation) -> Grid:
    rows = [] if result.now is None else [["today", *_economics(result.now)]]
    rows.append(["proposed", *_economics(result.new)])
    if result.now is not None and not result.unknown_now:
        rows.append(["change", *_change(result.now, result.new)])
    return _grid([""], ["Revenue", "Cost to serve", "Margin", "Margin %"], rows)


def _economics(found: Economics) -> list[str]:
    return [money(found.revenue), money(found.cost), money(found.margin), percent(found.ratio)]


def _change(now: Economics, new: Economics) -> list[str]:
    points = None if now.ratio is None or new.ratio is None else (new.ratio - now.ratio) * 100
    return [
        money(new.revenue - now.revenue, signed=True),
        money(new.cost - now.cost, signed=True),
        money(new.margin - now.margin, signed=True),
        _UNKNOWN if points is None else f"{points:+,.1f} points",
    ]


def _plans(result: Simulation) -> Grid:
    rows = [
        [
            label(one.plan), f"{one.customers:,}", *_economics(one.economics)[:1], money(one.economics.margin),
            percent(one.economics.ratio), percent(one.used_p50), percent(one.used_p90), count(one.break_even),
            count(one.safe_included),
        ]
        for one in result.plans
    ]  # fmt: skip
    titles = ["Customers", "Revenue", "Margin", "Margin %", "Used p50", "Used p90", "Break-even", "Safe to include"]
    return _grid(["Plan"], titles, rows)


def _moves(moves: Sequence[Move]) -> Grid:
    months = any(move.month is not None for move in moves)
    rows = [
        [
            *([move.month or ""] if months else []),
            _UNKNOWN if move.source is None else label(move.source),
            label(move.target),
            f"{move.customers:,}",
            money(move.revenue, signed=True),
        ]
        for move in moves
    ]
    return _grid([*(["Month"] if months else []), "From", "To"], ["Customers", "Revenue"], rows)


def _customers(customers: Sequence[CustomerResult]) -> Grid:
    rows = [
        [
            label(one.customer),
            label(one.new_plan),
            ", ".join(_why(one)),
            money(one.cost),
            _UNKNOWN if one.now_revenue is None else money(one.now_revenue),
            money(one.new_revenue),
            money(one.margin),
        ]
        for one in customers
    ]
    return _grid(["Customer", "Plan", "Why"], ["Cost", "Pays today", "Would pay", "Margin"], rows)


def _why(one: CustomerResult) -> list[str]:
    """The flags, shorter and with their numbers."""
    found = []
    if "below-cost" in one.flags:
        found.append("below cost (as today)" if "below-cost-today" in one.flags else "below cost")
    elif "below-cost-today" in one.flags:
        found.append("below cost today")
    if "bill-shock" in one.flags and one.now_revenue is not None:
        found.append(f"bill x{one.new_revenue / one.now_revenue:,.1f}" if one.now_revenue else "pays nothing today")
    if "near-boundary" in one.flags and one.utilisation is not None:
        found.append(f"{one.utilisation * 100:,.0f}% used{', upsell' if 'upsell' in one.flags else ''}")
    return found


_WHAT = {"usage": "usage", "model-price": "model prices", "mix": "dearest mix", "cache": "cache"}
"""The last two are a tenth of all use at what only one in ten months pays for a token, and nothing read from a cache."""


def _scenarios(result: Simulation) -> Grid:
    rows = [[_WHAT[one.what], percent(one.change, signed=True), *_economics(one.economics)] for one in result.scenarios]
    return _grid(["What"], ["Change", "Revenue", "Cost to serve", "Margin", "Margin %"], rows)


def _elasticities(result: Simulation) -> Grid:
    rows = [
        [
            f"{one.elasticity:f}{' (upper bound)' if not one.elasticity else ''}",
            percent(one.retained),
            money(one.revenue),
            money(one.margin),
        ]
        for one in result.elasticities
    ]
    return _grid(["Elasticity"], ["Stay", "Revenue", "Margin"], rows)


def span(months: Sequence[str]) -> str:
    """The first and the last of some months."""
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"


def money(amount: Decimal, *, signed: bool = False) -> str:
    """Dollars and cents."""
    sign = "-" if amount < 0 else "+" if signed and amount > 0 else ""
    return f"{sign}${abs(amount):,.2f}"


def percent(share: Decimal | None, *, signed: bool = False) -> str:
    """A share as a percentage with one decimal."""
    return _UNKNOWN if share is None else f"{share * 100:{'+' if signed else ''},.1f}%"


def count(quantity: Decimal | None) -> str:
    """A quantity as people read it."""
    return _UNKNOWN if quantity is None else f"{quantity:,.0f}"
