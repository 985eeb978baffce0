"""A change of spend, taken apart, as text, JSON and Markdown."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from llmcost.domain.text import plural
from llmcost.outliers.explain import Counted, Explained
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.footer import span
from llmcost.render.json import dumped
from llmcost.render.markdown import escape, grid_table
from llmcost.render.numbers import UNKNOWN, human, money, plain
from llmcost.render.savings import SavingsFormat
from llmcost.render.surface import Surface
from llmcost.render.visible import UNATTRIBUTED, label
from llmcost.reports.record import Column
from llmcost.stats.decomposition import EFFECTS, Contribution, Decomposition, Segment

if TYPE_CHECKING:
    from datetime import tzinfo

    from llmcost.ledger.registry import Kind

_SHOWN = 12


def render_change(told: Explained, format_name: SavingsFormat, surface: Surface, currency: str, zone: "tzinfo") -> str:
    """The change by segment and effect, ending in a line break; people see the largest segments."""
    if format_name == "json":
        return f"{dumped(_json(told, currency))}\n"
    change = told.change
    before, after, *moved = _amounts(change, told.all_counted, currency)
    sentences = [
        f"{before} in {span(told.before, zone)}; {after} in {span(told.after, zone)}: {moved[0]}.",
        *_unpriced(told),
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
            *_amounts(one, _counted(told, one.segment), currency),
        )
        for one in largest
    )
    total = (
        *("Total" if place == 0 else "" for place in range(len(told.by))),
        *_amounts(told.change, told.all_counted, currency),
    )
    return Grid(
        columns=tuple(Column(name=name, title=title, kind=kind, role=role) for name, title, kind, role in names),
        headings=tuple(title for _, title, _, _ in names),
        rows=rows,
        totals=total,
    )


def _counted(told: Explained, segment: Segment) -> tuple[Counted, Counted]:
    """A segment's requests; none of its own has that of charges alone."""
    return told.counted.get(segment, (Counted(), Counted()))


def _amounts(one: Contribution | Decomposition, counted: tuple[Counted, Counted], currency: str) -> Iterator[str]:
    """Before, after, the change and its effects: of what is unpriced on one side, nothing is known to have changed."""
    sides = [side.known(amount) for side, amount in zip(counted, (one.before, one.after), strict=True)]
    yield from ("unpriced" if side is None else money(side, currency) for side in sides)
    for amount in (one.change, *one.effects):
        yield UNKNOWN if None in sides else human(amount, "money", currency, signed=True)


def _unpriced(told: Explained) -> Iterator[str]:
    """A sentence on the requests of unknown cost, if there are any."""
    sides = zip(("before", "after"), told.all_counted, strict=True)
    parts = [f"{one.unpriced:,} of {plural(one.requests, 'request')} {side}" for side, one in sides if one.unpriced]
    if parts:
        verb = "has" if sum(one.unpriced for one in told.all_counted) == 1 else "have"
        yield f"{' and '.join(parts)} {verb} no known price: in no amount here, and in volume as if never made."


def _json(told: Explained, currency: str) -> dict[str, Any]:
    return {
        "schema": "llmcost/change/1",
        "currency": currency,
        "by": list(told.by),
        **_values(told.change, told.all_counted),
        "segments": [
            {"segment": list(one.segment), **_values(one, _counted(told, one.segment))} for one in told.change.segments
        ],
    }


def _values(one: Contribution | Decomposition, counted: tuple[Counted, Counted]) -> dict[str, Any]:
    before, after = (side.known(amount) for side, amount in zip(counted, (one.before, one.after), strict=True))
    known = before is not None and after is not None
    return {
        "before": None if before is None else plain(before),
        "after": None if after is None else plain(after),
        "change": plain(one.change) if known else None,
        "effects": {name: plain(amount) if known else None for name, amount in zip(EFFECTS, one.effects, strict=True)},
        "unpriced_requests": {"before": counted[0].unpriced, "after": counted[1].unpriced},
    }
