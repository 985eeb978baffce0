"""Panels that every dashboard has: its main numbers, and how much of the cost they explain."""

from collections.abc import Sequence

from llmcost.compose.dashboards._asking import Asking
from llmcost.ledger import queries
from llmcost.reports.changes import CHANGES
from llmcost.reports.dashboard import Ask, Panel
from llmcost.reports.record import Column, Row

_ATTRIBUTED = Column(name="attributed", title="Attributed", kind="percent", role="metric")
_UNATTRIBUTED = Column(name="unattributed_cost", title="Without", kind="money", role="metric")


def figures(asking: Asking, metrics: Sequence[str]) -> Panel:
    """The totals that matter most, beside those of the period before where the period is over."""
    compare = asking.total.previous is not None
    names = [*metrics, *(column.name for column in CHANGES if compare)]
    columns = {column.name: column for column in asking.total.columns}
    ask = Ask(metrics=tuple(metrics), compare=compare)
    partly = "cost_per_request" in metrics and asking.whole("unpriced_requests")
    return Panel(
        id="figures",
        title="At a glance",
        kind="figures",
        columns=tuple(columns[name] for name in names),
        rows=(Row(cells=tuple(asking.whole(name) for name in names)),),
        row_count=1,
        ask=ask,
        command=asking.command(ask),
        measure=metrics[0],
        notes=("Cost per request is that of the requests with a known price.",) if partly else (),
    )


def coverage(asking: Asking, keys: Sequence[str]) -> Panel:
    """How much of the cost has a value for each of the keys."""
    resolved = [asking.key(name) for name in keys]
    cost, without = queries.unattributed(asking.connection, asking.selection, resolved)
    rows = [
        Row(cells=(key.name, None if not cost else float((cost - missing) / cost), missing))
        for key, missing in zip(resolved, without, strict=True)
    ]
    ask = Ask(by=tuple(keys[:1]), metrics=("cost", "share"))
    return Panel(
        id="coverage",
        title="Attribution",
        kind="gauge",
        about="Share of the cost that has an owner of each kind.",
        columns=(Column(name="dimension", title="Owner", kind="text", role="key"), _ATTRIBUTED, _UNATTRIBUTED),
        rows=tuple(rows),
        row_count=len(rows),
        command=asking.command(ask),
        measure="attributed",
        whole=1,
        empty="" if cost else "no request here has a known cost",
    )


def first_used(asking: Asking, keys: Sequence[str]) -> str:
    """The first of the keys that some cost has a value for; the first of all where none has."""
    _, without = queries.unattributed(asking.connection, asking.selection, [asking.key(name) for name in keys])
    cost = asking.whole("cost")
    return next((name for name, missing in zip(keys, without, strict=True) if missing != (cost or 0)), keys[0])
