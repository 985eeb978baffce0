"""For customer success: who costs what, on which plan, close to which limit, and which features they use."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from llmcost.compose.dashboards import _common, _limits, _spread
from llmcost.compose.dashboards._asking import Asking, Kind
from llmcost.ledger.groups import Group
from llmcost.reports.dashboard import Panel

_FIGURES = ("cost", "distinct_customers", "cost_per_customer", "distinct_users", "total_tokens", "requests")
_CUSTOMER = ("cost", "share", "requests", "total_tokens", "distinct_users", "error_rate")
_PLAN = ("total_tokens", "cost", "distinct_customers", "cost_per_customer")
_FEATURE = ("distinct_customers", "distinct_users", "cost")
_TOP = 20
_FEATURES = 12


def _panels(asking: Asking) -> Iterator[Panel]:
    yield _common.figures(asking, _FIGURES)
    yield _common.coverage(asking, ("customer_id", "plan", "user_id", "feature"))
    yield _top(asking)
    yield _spread.panel(asking)
    yield asking.grouped("plan", _PLAN).panel(
        "plans",
        "Tokens by plan",
        "bars",
        _PLAN,
        totals=True,
    )
    yield _limits.panel(asking)
    customers = asking.whole("distinct_customers")
    features = asking.grouped("feature", _FEATURE, limit=_FEATURES)
    yield features.panel(
        "adoption",
        "Feature adoption",
        "bars",
        _FEATURE,
        groups=sorted(features.groups, key=lambda group: -(group.values["distinct_customers"] or 0)),
        totals=True,
        whole=float(customers) if isinstance(customers, int) and customers else None,
        about="Customers and users with at least one request, of all there are.",
    )


def _top(asking: Asking) -> Panel:
    """The customers that cost most; what has no customer has a row where there is room for all."""
    found = asking.grouped("customer_id", _CUSTOMER, limit=_TOP + 1)
    panel = found.panel(
        "top",
        f"Top {_TOP} by cost",
        "table",
        _CUSTOMER,
        groups=_named_first(found.groups)[:_TOP],
        totals=True,
    )
    customers = asking.whole("distinct_customers")
    if not isinstance(customers, int) or customers <= _TOP:
        return panel
    without = found.row_count > customers
    note = "What has no customer has no row here, but is in the total; Attribution tells its cost."
    return replace(panel, row_count=customers, notes=(note,) if without else ())


def _named_first(groups: Sequence[Group]) -> list[Group]:
    """The groups in their order, that without a value last."""
    return sorted(groups, key=lambda group: group.keys[0] is None)


dashboard = Kind(
    title="Customers", metrics=tuple(dict.fromkeys((*_FIGURES, *_CUSTOMER, *_PLAN, *_FEATURE))), panels=_panels
)
