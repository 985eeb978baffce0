"""What rating stored requests again changes, as a table and as JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from llmcost.domain.period import Period
from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.pricing.reprice import Change, Diff, StatusChange
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.json import dumped
from llmcost.render.numbers import human, money_places, plain
from llmcost.render.surface import Surface
from llmcost.render.visible import label
from llmcost.reports.record import Column

FORMATS = ("table", "json")

_COLUMNS = (
    Column(name="month", title="Month", kind="date", role="key"),
    Column(name="model", title="Model", kind="text", role="key"),
    Column(name="requests", title="Requests", kind="count", role="metric"),
    Column(name="changed", title="Changed", kind="count", role="metric"),
    Column(name="old cost", title="Old cost", kind="money", role="metric"),
    Column(name="new cost", title="New cost", kind="money", role="metric"),
    Column(name="difference", title="Difference", kind="money", role="metric"),
    Column(name="change %", title="Change %", kind="percent", role="metric"),
    Column(name="status", title="Status", kind="text", role="key"),
)
_EXPENDABLE = ("change %", "requests")
"""Columns a narrow terminal goes without, the last first."""


class _Places(NamedTuple):
    """The decimals of each column of money."""

    old: int
    new: int
    difference: int


def as_text(diff: Diff, currency: str, surface: Surface) -> str:
    """The table, its total, and what was left alone."""
    changes = [*diff.changes, diff.total]
    places = _Places(
        old=money_places(change.old_cost for change in changes if change.old_cost is not None),
        new=money_places(change.new_cost for change in changes if change.new_cost is not None),
        difference=money_places(change.difference for change in changes),
    )
    lines = [_cells(change, currency, places) for change in changes]
    lines[-1] = ("Total", *lines[-1][1:])
    width = len(_COLUMNS) - (0 if diff.total.statuses else 1)
    cells = Grid(
        columns=_COLUMNS[:width],
        headings=tuple(column.title for column in _COLUMNS[:width]),
        rows=tuple(line[:width] for line in lines[:-1]),
        totals=lines[-1][:width],
    )
    notes = [
        f"Price list {diff.as_of} ({printable(diff.price_list[:8])}). Models of which no request changes are in the total only.",
        *_buckets(diff, currency),
        *_lock(diff),
    ]
    if surface.width is not None:
        notes = [part for note in notes for part in wrapped(note, surface.width, "  ")]
    return "\n".join([drawn(cells, surface, _EXPENDABLE), "", *notes]) + "\n"


def as_json(diff: Diff, period: Period, zone: tzinfo, currency: str, *, applied: bool) -> str:
    """The stable document `llmcost/reprice/1`."""
    document: dict[str, Any] = {
        "schema": "llmcost/reprice/1",
        "applied": applied,
        "price_list": {"version": diff.price_list, "as_of": diff.as_of},
        "period": {"since": _instant(period.since, zone), "until": _instant(period.until, zone), "tz": str(zone)},
        "currency": currency,
        "rows": [{"month": change.month, "model": change.model, **_numbers(change)} for change in diff.changes],
        "totals": _numbers(diff.total),
        "buckets": {"buckets" if name == "requests" else name: value for name, value in _numbers(diff.buckets).items()},
        "locked": None
        if diff.locked_until is None
        else {
            "until": _instant(diff.locked_until.replace(tzinfo=UTC), UTC),
            "requests": diff.locked,
            "changed": diff.locked_changed,
        },
    }
    return dumped(document) + "\n"


def _numbers(change: Change) -> dict[str, Any]:
    return {
        "requests": change.rows,
        "changed": change.changed,
        "old_cost": None if change.old_cost is None else plain(change.old_cost),
        "new_cost": None if change.new_cost is None else plain(change.new_cost),
        "difference": plain(change.difference),
        "statuses": [{"from": one.before, "to": one.after, "requests": one.rows} for one in change.statuses],
    }


def _cells(change: Change, currency: str, places: _Places) -> tuple[str, ...]:
    def cost(amount: Decimal | None, decimals: int) -> str:
        return "unpriced" if amount is None else human(amount, "money", currency, places=decimals)

    share = float(change.difference / change.old_cost) if change.old_cost else None
    return (
        change.month or "",
        "" if change.month is None else label(change.model or "(no model)"),
        human(change.rows, "count", currency),
        human(change.changed, "count", currency),
        cost(change.old_cost, places.old),
        cost(change.new_cost, places.new),
        human(change.difference, "money", currency, signed=True, places=places.difference),
        human(share, "percent", currency, signed=True),
        _statuses(change.statuses),
    )


def _statuses(changes: Sequence[StatusChange]) -> str:
    return ", ".join(f"{one.rows:,} {one.before} to {one.after}" for one in changes)


def _buckets(diff: Diff, currency: str) -> list[str]:
    change = diff.buckets
    if not change.changed:
        return []
    old, new = (
        "unpriced" if cost is None else human(cost, "money", currency) for cost in (change.old_cost, change.new_cost)
    )
    return [f"{plural(change.changed, 'usage bucket')} of {change.rows:,} changed too: {old} before, {new} now."]


def _lock(diff: Diff) -> list[str]:
    if diff.locked_until is None or not diff.locked:
        return []
    before = f"{plural(diff.locked, 'request')} before the lock of {_moment(diff.locked_until)}"
    if diff.locked_changed:
        return [f"{before}, {diff.locked_changed:,} of them changed: the lock is overridden."]
    return [f"{before} left as they are."]


def _moment(naive: datetime) -> str:
    return f"{naive:%Y-%m-%d} UTC" if naive.time().isoformat() == "00:00:00" else f"{naive:%Y-%m-%d %H:%M:%S} UTC"


def _instant(bound: datetime | None, zone: tzinfo) -> str | None:
    return None if bound is None else bound.astimezone(zone).isoformat().replace("+00:00", "Z")
