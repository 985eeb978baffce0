"""What could be saved, where looking for waste was asked for: it takes longer than all other panels together."""

from llmcost.compose.dashboards._asking import Asking
from llmcost.outliers.run import AuditRequest, audit
from llmcost.pricing.price_list import load_price_list
from llmcost.reports.dashboard import Expected, Panel
from llmcost.reports.record import Column, Row

_MOST = 6
_COLUMNS = (
    Column(name="finding", title="Finding", kind="text", role="key"),
    Column(name="net_savings", title="Could be saved", kind="money", role="metric"),
    Column(name="unit", title="Unit", kind="text", role="metric"),
    Column(name="detector", title="Detector", kind="text", role="metric"),
)


def panels(asking: Asking) -> tuple[Panel, ...]:
    """The findings of `llmcost outliers` that would save most, none counted twice; nothing where it was not asked for."""
    wanted = asking.wanted
    if wanted.dismissed is None:
        return ()
    prices = load_price_list(wanted.settings.pricing)
    request = AuditRequest(
        period=wanted.question.period,
        zone=asking.zone,
        where=wanted.question.where,
        production=wanted.settings.production,
        dismissed=wanted.dismissed,
    )
    found = audit(asking.connection, prices, request)
    saving = sorted(
        (one for one in found.findings if found.net.get(one.id)), key=lambda one: (-found.net[one.id], one.id)
    )
    low, mid, high = found.net_total
    return (
        Panel(
            id="savings",
            title="Possible savings",
            kind="bars",
            about="What ending each pattern would save in this period; what several would save is counted once.",
            columns=_COLUMNS,
            rows=tuple(
                Row(cells=(one.headline, found.net[one.id], prices.currency, one.detector)) for one in saving[:_MOST]
            ),
            row_count=len(saving),
            command=asking.like("outliers"),
            measure="net_savings",
            together=Expected(low=low, mid=mid, high=high, currency=prices.currency),
            empty="" if saving else "no waste was found that would save anything",
        ),
    )
