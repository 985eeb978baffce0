"""One price list for all pulls: reading it takes longer than most of them."""

import pytest

from llmcost.ingest import intake
from llmcost.pricing.price_list import load_price_list


@pytest.fixture(scope="session")
def prices():
    """The built-in list."""
    return load_price_list(())


@pytest.fixture(autouse=True)
def _one_price_list(monkeypatch, prices):
    monkeypatch.setattr(intake, "load_price_list", lambda _: prices)
