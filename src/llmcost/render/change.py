"""A change of spend, taken apart, as text, JSON and Markdown."""

from typing import TYPE_CHECKING, Any, Literal

from llmcost.outliers.explain import Explained
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.footer import span
from llmcost.render.json import dumped
from llmcost.render.markdown import escape, grid_table
from llmcost.render.numbers import human, money, plain
from llmcost.render.savings import SavingsFormat
from llmcost.render.surface import Surface
from llmcost.render.visible import UNATTRIBUTED, label
from llmcost.reports.record import Column
from llmcost.stats.decomposition import EFFECTS

if TYPE_CHECKING:
    from datetime import tzinfo

    from llmcost.ledger.registry import Kind

_SHOWN = 12


def render_change(told: Explained, format_name: SavingsFormat, surface: Surface, currency: str, zone: "tzinfo") -> str:
    """The change by segment and effect, ending in a line break; people see the largest segments."""
    if format_name == "json":
        return f"{dumped(_json(told, currency))}\n"
    change = told.change
    moved = human(change.change, "money", currency, signed=True)
    then = f"{money(change.before, currency)} in {span(told.before, zone)}"
    now = f"{money(change.after, currency)} in {span(told.after, zone)}"
    sentences = [
        f"{then}; {now}: {moved}.",
        "Effects add up to the change exactly; each is what its cause made, averaged over every order of causes.",
    ]
    table = _grid(told, currency)
    if format_name == "markdown":
        return grid_table(table) + "\n\n" + "\n".join(f"- {escape(line)}" for line in sentences) + "\n"
    lines = [part for line in sentences for part in wrapped(line, surface.width or 100, "  ")]
    return "\n".join([drawn(table, surface, ("errors", "cache", "price", "mix")), "", *lines]) + "\n"


def _grid(told: Explained, currency: str) -> Grid:
    names: list[tuple[str, str, Kind, Literal["key", "metric"]]] = [(name, name, "text", "key") for name in told.by]
    names += [(name, name.capitalize(), "money", "metric") for name in ("before", "after", "change", *EFFECTS)]
    largest = sorted(told.change.segments, key=lambda one: -abs(one.change))[:_SHOWN]
    rows = tuple(
        (
            *(UNATTRIBUTED if value is None else label(value) for value in one.segment),
            money(one.before, currency),
            money(one.after, currency),
            *(human(amount, "money", currency, signed=True) for amount in (one.change, *one.effects)),
        )
        for one in largest
    )
    change = told.change
    total = (
        *("Total" if place == 0 else "" for place in range(len(told.by))),
        money(change.before, currency),
        money(change.after, currency),
        *(human(amount, "money", currency, signed=True) for amount in (change.change, *change.effects)),
    )
    return Grid(
        columns=tuple(Column(name=name, title=title, kind=kind, role=role) for name, title, kind, role in names),
        headings=tuple(title for _, title, _, _ in names),
        rows=rows,
        totals=total,
    )


def _json(told: Explained, currency: str) -> dict[str, Any]:
    change = told.change
    return {
        "schema": "llmcost/change/1",
        "currency": currency,
        "by": list(told.by),
        "before": plain(change.before),
        "after": plain(change.after),
        "change": plain(change.change),
        "effects": {name: plain(amount) for name, amount in zip(EFFECTS, change.effects, strict=True)},
        "segments": [
            {
                "segment": list(one.segment),
                "before": plain(one.before),
                "after": plain(one.after),
                "change": plain(one.change),
                "effects": {name: plain(amount) for name, amount in zip(EFFECTS, one.effects, strict=True)},
            }
            for one in change.segments
        ],
    }
