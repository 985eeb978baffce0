"""One price list for all pulls: reading it takes longer than most of them."""

import pytest

from llmcost.ingest import intake
from llmcost.ingest import run as run_of_files
from llmcost.pricing.price_list import load_price_list


@pytest.fixture(scope="session")
def prices():
    """The built-in list."""
    return load_price_list(())


@pytest.fixture(autouse=True)
def _one_price_list(monkeypatch, prices):
    for module in (intake, run_of_files):
        monkeypatch.setattr(module, "load_price_list", lambda _: prices)
