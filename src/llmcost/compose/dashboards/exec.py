"""For executives: what is spent, on what, for how many customers, and whether it stays within its budgets."""

from collections.abc import Iterator

from llmcost.compose.dashboards import _budgets, _common, _months, _revenue, _savings
from llmcost.compose.dashboards._asking import Asking, Kind
from llmcost.reports.dashboard import Panel

_FIGURES = (
    "cost",
    "requests",
    "distinct_customers",
    "cost_per_customer",
    "distinct_users",
    "cost_per_user",
)
_PRODUCTS = ("feature", "workflow", "project", "endpoint")
_TOP = 8


def _panels(asking: Asking) -> Iterator[Panel]:
    yield _common.figures(asking, _FIGURES)
    yield _common.coverage(asking, ("customer_id", "user_id", "feature", "team", "environment"))
    pace, months = _months.panels(asking, asking.last.date())
    yield pace
    product = _common.first_used(asking, _PRODUCTS)
    yield asking.grouped(product, ["cost", "share", "requests"], top=_TOP).panel(
        "products",
        f"Spend by {product}",
        "bars",
        ["cost", "share", "requests"],
        totals=True,
        about=f"The {_TOP} that cost most, the rest as one.",
    )
    yield _budgets.panel(asking)
    yield from _savings.panels(asking)
    yield asking.grouped("team", ["cost", "share"], top=_TOP).panel(
        "teams", "Spend by team", "bars", ["cost", "share"], totals=True
    )
    yield _revenue.panel(asking)
    yield months


dashboard = Kind(title="Executive overview", metrics=(*_FIGURES, "share"), panels=_panels)
