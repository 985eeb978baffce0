"""What calls would have cost otherwise, at the prices of who invoices them."""

from datetime import UTC
from decimal import Decimal

import pytest
from tests.ingesting import native, read, write

from llmcost.domain.period import Period
from llmcost.ledger import database
from llmcost.ledger.composition import Selection
from llmcost.outliers.run import AuditRequest, audit
from llmcost.outliers.traffic import Floors, open_traffic
from llmcost.outliers.whatif import what_if
from llmcost.pricing.price_list import load_price_list

PRICES = """
schema: llmcost-pricing/1
currency: USD
as_of: 2026-11-01
models:
  - {id: openai/gpt-4o, prices: [{rates: {input: 2.5, output: 10}}]}
  - {id: openai/gpt-4o-mini, prices: [{rates: {input: 0.2, output: 0.6}}]}
  - {id: azure/gpt-4o, prices: [{rates: {input: 5, output: 20}}]}
  - {id: azure/gpt-4o-mini, prices: [{rates: {input: 2, output: 8}}]}
deployments: [{provider: azure, name: prod-chat, model: azure/gpt-4o}]
contracts: [{name: deal, provider: openai, models: [openai/gpt-4o-mini], discount_pct: 50}]
"""
SPELT = {
    "stated": {"provider": "azure", "model": "gpt-4o"},
    "prefix": {"model": "azure/gpt-4o"},
    "deployed": {"provider": "azure", "model": "prod-chat"},
    "openai": {"model": "gpt-4o"},
}


@pytest.fixture
def spelt(tmp_path):
    """100 calls of each spelling, 2,000 tokens in and 100 out: $1.20 at Azure, $0.60 at OpenAI."""
    (tmp_path / "own.yaml").write_text(PRICES)
    calls = [
        native(
            request_id=f"{feature}-{number:026}",
            timestamp=f"2026-10-{1 + number % 28:02}T10:{number // 28:02}:00Z",
            feature=feature,
            input_tokens=2000,
            output_tokens=100,
            **names,
        )
        for feature, names in SPELT.items()
        for number in range(100)
    ]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", calls), pricing=[tmp_path / "own.yaml"])
    with database.reading(tmp_path / "ledger") as connection:
        yield connection, load_price_list([tmp_path / "own.yaml"])


def test_a_smaller_model_is_priced_at_who_invoices_however_the_log_says_so(spelt):
    """All moved, of $1.20: 100 x (2,000 x $2 + 100 x $8) a million; of $0.60: half of 100 x (2,000 x $0.20 + 100 x $0.60)."""
    connection, prices = spelt
    floors = Floors(requests=50, cost=Decimal("0.1"))
    found = audit(connection, prices, AuditRequest(detectors=("model-overuse",), floors=floors)).findings
    assert {dict(one.scope)["feature"]: (one.cost, one.savings.high) for one in found} == {
        **dict.fromkeys(("stated", "prefix", "deployed"), (Decimal("1.2"), Decimal("0.72"))),
        "openai": (Decimal("0.6"), Decimal("0.577")),
    }

    selection = Selection(period=Period(), zone=UTC, basis="requests")
    traffic = open_traffic(connection, selection, prices, production=(), floors=floors)
    (change,) = what_if(traffic, swaps={"gpt-4o": "gpt-4o-mini"}, environments={}, cache_hit=None).changes
    assert (change.requests, change.was, change.low, change.high) == (
        400,
        Decimal("4.2"),
        Decimal("1.463"),
        Decimal("1.463"),
    )
