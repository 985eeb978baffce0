"""What became of each group since the period before."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from llmcost.ledger.groups import Group, Number
from llmcost.ledger.metrics import Metric
from llmcost.reports.record import Column

CHANGES = (
    Column(name="previous_cost", title="Previous cost", kind="money", role="change"),
    Column(name="cost_change", title="Change", kind="money", role="change"),
    Column(name="cost_change_ratio", title="Change %", kind="percent", role="change"),
    Column(name="previous_requests", title="Previous requests", kind="count", role="change"),
    Column(name="previous_unpriced_requests", title="Previous unpriced", kind="count", role="change"),
    Column(name="requests_change", title="Change in requests", kind="count", role="change"),
)
"""The columns a comparison adds."""

_SHOWN = ("previous_cost", "cost_change", "cost_change_ratio")
_SHOWN_IF_ANY = "previous_unpriced_requests"


def compared(now: Sequence[Group], before: Sequence[Group] | None, metrics: Sequence[Metric]) -> list[Group]:
    """The groups of now, then those there were only before, each with its values of before and the change.

    A group absent from one of the periods cost nothing in it: that is zero, not unknown. None where nothing is known of
    the period before.
    """
    nothing = {metric.name: None if before is None else _none_of(metric) for metric in metrics}
    earlier = {group.identity: group.values for group in before or ()}
    present = {group.identity for group in now}
    gone = [
        Group(keys=group.keys, other=group.other, values=nothing)
        for group in before or ()
        if group.identity not in present
    ]
    rows = [
        Group(keys=group.keys, other=group.other, values=_changed(group.values, earlier.get(group.identity, nothing)))
        for group in (*now, *gone)
    ]
    return sorted(rows, key=_order)


def _none_of(metric: Metric) -> Number | None:
    if not metric.additive:
        return None
    return Decimal(0) if metric.kind == "money" else 0


def changes_shown(totals: Mapping[str, Number | None]) -> tuple[str, ...]:
    """The changes people see; the unpriced requests of the period before whenever there are any."""
    return (*_SHOWN, _SHOWN_IF_ANY) if totals[_SHOWN_IF_ANY] else _SHOWN


def _order(group: Group) -> tuple[bool, bool, Number, list[tuple[bool, str]]]:
    """Cost descending, then keys ascending; unknown, unattributed and the row of all others last."""
    cost = group.values["cost"]
    return group.other, cost is None, -(cost or 0), [(key is None, key or "") for key in group.keys]


def _changed(now: dict[str, Number | None], before: dict[str, Number | None]) -> dict[str, Number | None]:
    cost_change = _difference(now["cost"], before["cost"])
    return {
        **now,
        "previous_cost": before["cost"],
        "cost_change": cost_change,
        "cost_change_ratio": _ratio(cost_change, before["cost"]),
        "previous_requests": before["requests"],
        "previous_unpriced_requests": before["unpriced_requests"],
        "requests_change": _difference(now["requests"], before["requests"]),
    }


def _difference(now: Number | None, before: Number | None) -> Number | None:
    if isinstance(now, float) or isinstance(before, float) or now is None or before is None:
        return None
    return now - before


def _ratio(change: Number | None, before: Number | None) -> float | None:
    return None if change is None or not before else float(Decimal(change) / Decimal(before))
