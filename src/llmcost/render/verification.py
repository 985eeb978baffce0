"""Accepted findings before and after, as text, JSON and Markdown."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from llmcost.domain.text import plural
from llmcost.outliers.verification import BEFORE_DAYS, ENDED_BEFORE_DAYS, FEWEST_DAYS, Verified
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.json import dumped
from llmcost.render.markdown import escape, grid_table
from llmcost.render.numbers import UNKNOWN, money
from llmcost.render.savings import SavingsFormat
from llmcost.render.surface import Surface
from llmcost.render.visible import label
from llmcost.reports.record import Column

if TYPE_CHECKING:
    from llmcost.ledger.registry import Kind

_NOTES = (
    f"Cost per request, the mean of days: up to {BEFORE_DAYS} days before and all days since; saved is at the volume since.",
    "The interval holds 95% if days are alike but for the change; another mix of requests moves it too.",
)
_ENDED = (
    f"Calls to be ended that did not come on the last {FEWEST_DAYS} days of traffic: saved is their cost a day, "
    f"the mean of up to {ENDED_BEFORE_DAYS} days before, for each day since."
)


def render_verified(told: Sequence[Verified], format_name: SavingsFormat, surface: Surface, currency: str) -> str:
    """Before and after, ending in a line break."""
    if format_name == "json":
        return f"{dumped({'schema': 'llmcost/verification/1', 'currency': currency, 'findings': [_json(one) for one in told]})}\n"
    names: tuple[tuple[str, str, Kind, Literal["key", "metric"]], ...] = (
        ("finding", "Finding", "text", "key"),
        ("verdict", "Verdict", "text", "key"),
        ("before", "Before", "money", "metric"),
        ("after", "After", "money", "metric"),
        ("saved", "Saved", "money", "metric"),
        ("interval", "Between", "text", "metric"),
    )
    table = Grid(
        columns=tuple(Column(name=name, title=title, kind=kind, role=role) for name, title, kind, role in names),
        headings=tuple(title for _, title, _, _ in names),
        rows=tuple(
            (
                label(one.decision.id),
                one.verdict,
                _money(one.before, currency),
                _money(one.after, currency),
                _money(one.saved, currency),
                UNKNOWN if one.low is None else f"{_money(one.low, currency)} to {_money(one.high, currency)}",
            )
            for one in told
        ),
        totals=None,
    )
    notes = [*filter(None, map(_unpriced, told)), *_NOTES, *([_ENDED] if any(one.ended for one in told) else [])]
    if format_name == "markdown":
        return grid_table(table) + "\n\n" + "\n".join(f"- {escape(line)}" for line in notes) + "\n"
    lines = [part for line in notes for part in wrapped(line, surface.width or 100, "  ")]
    return "\n".join([drawn(table, surface), "", *lines]) + "\n"


def _unpriced(one: Verified) -> str | None:
    """What the amounts leave out, and whether it may be what was saved."""
    sides = (("before", one.unpriced_before, one.requests_before), ("since", one.unpriced_after, one.requests_after))
    parts = [f"{count:,} of {plural(of, 'request')} {side}" for side, count, of in sides if count]
    if not parts:
        return None
    verb = "has" if one.unpriced_before + one.unpriced_after == 1 else "have"
    told = f"{label(one.decision.id)}: {' and '.join(parts)} {verb} no known price and cannot be compared"
    return f"{told}, so nothing is proven." if one.hides_cost else f"{told}."


def _money(value: float | None, currency: str) -> str:
    return UNKNOWN if value is None else money(Decimal(f"{value:.12f}"), currency)


def _json(one: Verified) -> dict[str, Any]:
    def text(value: float | None) -> str | None:
        return None if value is None else f"{value:.6f}"

    return {
        "id": one.decision.id,
        "accepted_on": str(one.decision.on),
        "verdict": one.verdict,
        "days_before": one.days_before,
        "days_after": one.days_after,
        "requests_before": one.requests_before,
        "requests_after": one.requests_after,
        "unpriced_requests": {"before": one.unpriced_before, "after": one.unpriced_after},
        "cost_per_request": {"before": text(one.before), "after": text(one.after)},
        "realised": {"low": text(one.low), "mid": text(one.saved), "high": text(one.high)},
    }
