"""What a ledger keeps of the price lists its rows were rated with."""

import pytest
from tests.ingesting import kept_memory_ledger

from llmcost.pricing import layers
from llmcost.pricing.matching import match_model
from llmcost.pricing.price_list import load_price_list, models_kept
from llmcost.pricing.runs import keep_prices, record_run


@pytest.fixture
def ledger():
    return kept_memory_ledger()


@pytest.fixture
def packaged(tmp_path, monkeypatch):
    """A packaged list, whose models are built when they are asked for."""
    (tmp_path / "pricing.yaml").write_text(
        "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-21\nmodels:\n"
        + "".join(f"  - {{id: openai/{name}, prices: [{{rates: {{input: 1}}}}]}}\n" for name in "abc")
    )
    monkeypatch.setattr(layers, "CATALOGUE", tmp_path / "none")
    monkeypatch.setattr(layers, "built_in", lambda: tmp_path / "pricing.yaml")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return load_price_list


def kept(ledger):
    return [
        (version, models_kept(content))
        for version, content in ledger.execute("select price_list, content from price_list").fetchall()
    ]


def test_only_models_that_were_looked_up_are_kept(ledger, packaged):
    prices = packaged()
    assert record_run(ledger, prices, {}) == 1
    assert kept(ledger) == [(prices.version, frozenset())]
    match_model(prices, "openai", "b")
    keep_prices(ledger, prices)
    assert kept(ledger) == [(prices.version, {"openai/b"})]


def test_runs_of_one_list_add_to_what_is_kept(ledger, packaged):
    for number, name in enumerate("ab", start=1):
        prices = packaged()
        match_model(prices, "openai", name)
        assert record_run(ledger, prices, {}) == number
    assert kept(ledger) == [(prices.version, {"openai/a", "openai/b"})]


def test_nothing_is_written_where_everything_is_kept_already(ledger, packaged):
    prices = packaged()
    match_model(prices, "openai", "c")
    record_run(ledger, prices, {})
    before = ledger.execute("select loaded_at, content from price_list").fetchall()
    keep_prices(ledger, prices)
    assert ledger.execute("select loaded_at, content from price_list").fetchall() == before
