"""What calls would have cost otherwise, at the prices of who invoices them."""

import json
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


def test_what_was_rated_at_other_prices_is_no_saving_of_a_change(cli, tmp_path):
    """Of 200 calls each costs (10,000 x $3 + 30,000 x $0.30 + 20,000 x $3.75 + 10,000 x $15) / 1e6, $0.264, and without a cache
    $0.33. After they were read came a contract of 30 % off, by which 100 of the next day cost $0.1848 each."""
    own, contract = tmp_path / "own.yaml", tmp_path / "contract.yaml"
    head = "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-01\n"
    rates = "{input: 3, cache_read: 0.3, cache_write_5m: 3.75, cache_write_1h: 6, output: 15}"
    own.write_text(f"{head}models: [{{id: acme/sonnet, prices: [{{rates: {rates}}}]}}]\n")
    contract.write_text(f"{head}contracts: [{{name: deal, provider: acme, models: [acme/*], discount_pct: 30}}]\n")
    used = {
        "input_tokens": 60_000,
        "cache_read_input_tokens": 30_000,
        "cache_write_5m_input_tokens": 20_000,
        "output_tokens": 10_000,
    }
    (tmp_path / "llmcost.yaml").write_text("db: ledger\npricing: [own.yaml, contract.yaml]\n")
    for day, many, lists in ((1, 200, [own]), (2, 100, [own, contract])):
        calls = [
            native(
                request_id=f"{day}-{number:028}",
                timestamp=f"2026-10-0{day}T{number % 24:02}:{number // 24:02}:00Z",
                provider="acme",
                model="sonnet",
                feature="chat",
                **used,
            )
            for number in range(many)
        ]
        read(tmp_path / "ledger", write(tmp_path / f"{day}.jsonl", calls), pricing=lists)

    told = cli("outliers", "--detector", "losing-cache")
    assert "Nothing found by 1 detector." in told.stdout
    words = " ".join(told.stdout.split())
    assert "200 requests were rated at other prices than the list has now and cannot be priced otherwise" in words

    document = json.loads(cli("savings", "whatif", "--cache-hit", "0.6", "--format", "json").stdout)
    (change,) = document["changes"]
    # 36,000 read, and 24,000 as plain input in the least: 100 x 0.7 x $0.2328.
    assert (document["left_out"], change["requests"], change["was"]) == (200, 100, "18.48")
    assert change["would_be"]["low"] == "16.296"


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
