"""What customers paid for each dollar of cost, month by month."""

from llmcost.compose.dashboards._asking import Asking
from llmcost.reports.dashboard import Panel

_METRICS = ("revenue_per_dollar", "revenue", "cost")
_MOST = 12
_EMPTY = "no revenue is known here; `llmcost ingest --source outcomes FILE` reads it"


def panel(asking: Asking) -> Panel:
    """Revenue, cost and their ratio in each of the last months of the period."""
    months = asking.grouped("month", _METRICS)
    known = any(group.values["revenue"] is not None for group in months.groups)
    return months.panel(
        "revenue",
        "Revenue per dollar of cost",
        "bars",
        _METRICS,
        about="Revenue as it was read with outcomes, divided by what the requests cost.",
        groups=months.groups[-_MOST:] if known else (),
        totals=known,
        empty=_EMPTY,
    )
