"""Claims against computed costs, as a table and as JSON."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.json import dumped
from llmcost.render.numbers import human, money_places, plain
from llmcost.render.surface import Surface
from llmcost.render.visible import label
from llmcost.reports.drift import Drift
from llmcost.reports.record import Column

FORMATS = ("table", "json")

_COLUMNS = (
    Column(name="model", title="Provider and model", kind="text", role="key"),
    Column(name="requests", title="Compared", kind="count", role="metric"),
    Column(name="differing", title="Differing", kind="count", role="metric"),
    Column(name="computed", title="Computed", kind="money", role="metric"),
    Column(name="reported", title="Reported", kind="money", role="metric"),
    Column(name="difference", title="Drift", kind="money", role="metric"),
    Column(name="share", title="Drift %", kind="percent", role="metric"),
)
_EXPENDABLE = ("differing", "requests")
"""Columns a narrow terminal goes without, the last first."""


def as_text(found: Sequence[Drift], limit: Decimal, currency: str, surface: Surface) -> str:
    """The table, then a line on each model above the limit: what explains it, and the worst request that it explains."""
    places = {
        column.name: money_places(getattr(one, column.name) for one in found)
        for column in _COLUMNS
        if column.kind == "money"
    }
    cells = Grid(
        columns=_COLUMNS,
        headings=tuple(column.title for column in _COLUMNS),
        rows=tuple(_cells(one, currency, places) for one in found),
        totals=None,
    )
    over = [one for one in found if one.exceeds(limit)]
    share = f"{limit * 100:f}".rstrip("0").rstrip(".") if "." in f"{limit * 100:f}" else f"{limit * 100:f}"
    lines = [_line(one, currency) for one in over] or [f"No model drifts by more than {share}%."]
    if surface.width is not None:
        lines = [part for line in lines for part in wrapped(line, surface.width, "  ")]
    return "\n".join([drawn(cells, surface, _EXPENDABLE), "", *lines]) + "\n"


def as_json(found: Sequence[Drift], limit: Decimal, currency: str) -> str:
    """The stable document `llmcost/drift/1`."""
    rows: list[dict[str, Any]] = [
        {
            "provider": one.provider,
            "model": one.model,
            "requests": one.requests,
            "differing_requests": one.differing,
            "computed": plain(one.computed),
            "reported": plain(one.reported),
            "difference": plain(one.difference),
            "difference_ratio": None if one.share is None else round(float(one.share), 6),
            "exceeds": one.exceeds(limit),
            "worst_request_id": one.worst,
            "worst_difference": None if one.worst is None else plain(one.worst_difference),
            "cause": None if one.cause is None else {"name": one.cause.name, "requests": one.cause.requests},
        }
        for one in found
    ]
    return dumped({"schema": "llmcost/drift/1", "currency": currency, "above": float(limit), "rows": rows}) + "\n"


def _name(one: Drift) -> str:
    return label(f"{one.provider or '(no provider)'}/{one.model or '(no model)'}")


def _cells(one: Drift, currency: str, places: Mapping[str, int]) -> tuple[str, ...]:
    return (
        _name(one),
        human(one.requests, "count", currency),
        human(one.differing, "count", currency),
        human(one.computed, "money", currency, places=places["computed"]),
        human(one.reported, "money", currency, places=places["reported"]),
        human(one.difference, "money", currency, signed=True, places=places["difference"]),
        human(None if one.share is None else float(one.share), "percent", currency, signed=True),
    )


def _line(one: Drift, currency: str) -> str:
    if one.cause is None:
        worst = _worst(one.worst or "", one.worst_difference, currency)
        return f"{_name(one)}: no known mistake explains it; {worst}."
    explained = f"{one.cause.name} explains {plural(one.cause.requests, 'request')}"
    return f"{_name(one)}: {explained}; {_worst(one.cause.worst, one.cause.worst_difference, currency)}."


def _worst(request: str, difference: Decimal, currency: str) -> str:
    return f"largest in {printable(request)}: {human(difference, 'money', currency, signed=True)}"
