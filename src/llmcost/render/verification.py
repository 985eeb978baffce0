"""Accepted findings before and after, as text, JSON and Markdown."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from llmcost.outliers.verification import BEFORE_DAYS, Verified
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
    if format_name == "markdown":
        return grid_table(table) + "\n\n" + "\n".join(f"- {escape(line)}" for line in _NOTES) + "\n"
    lines = [part for line in _NOTES for part in wrapped(line, surface.width or 100, "  ")]
    return "\n".join([drawn(table, surface), "", *lines]) + "\n"


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
        "requests_after": one.requests_after,
        "cost_per_request": {"before": text(one.before), "after": text(one.after)},
        "realised": {"low": text(one.low), "mid": text(one.saved), "high": text(one.high)},
    }
