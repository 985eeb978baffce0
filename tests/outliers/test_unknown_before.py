"""A rise from days of which little is known says so."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.inserting import METERED_CALL, insert

from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.outliers.registry import known_detectors
from llmcost.outliers.traffic import Floors, open_traffic
from llmcost.pricing.price_list import load_price_list

START = datetime(2026, 9, 1, tzinfo=UTC).replace(tzinfo=None)


def days(count, *, cost, unpriced, start=0):
    """Two calls a day of half the cost each, and so many of unknown cost."""
    common = {
        **METERED_CALL,
        **dict.fromkeys(("source", "issuer"), "llmcost"),
        **dict.fromkeys(("model", "feature"), "chat"),
    }
    costs = [Decimal(cost) / 2] * 2 + [None] * unpriced
    return [
        {
            **common,
            "started_at": START + timedelta(days=day, hours=hour),
            "cost": one,
            "cost_status": "unpriced" if one is None else "priced",
        }
        for day in range(start, start + count)
        for hour, one in enumerate(costs)
    ]


@pytest.mark.parametrize(("detector", "before", "since"), [("level-shift", 20, 21), ("spend-anomaly", 28, 1)])
@pytest.mark.parametrize(
    ("then", "now", "told"), [(0, 0, False), (3, 3, False), (3, 2, False), (4, 2, True), (3, 0, True)]
)
def test_a_rise_says_where_requests_of_unknown_cost_became_fewer(ledger, *, detector, before, since, then, now, told):
    calls = [*days(before, cost=10, unpriced=then), *days(since, cost=100, unpriced=now, start=before)]
    insert(ledger, "request", calls)
    traffic = open_traffic(
        ledger,
        Selection(period=Period(), zone=UTC, basis="requests"),
        load_price_list(),
        production=("production",),
        floors=Floors(requests=1),
    )
    (found, *_) = known_detectors()[detector].find(traffic)

    words = f"; {then * before} requests before have no known price"
    assert found.headline.endswith(words) == told
    assert ("known price" in found.headline) == told
