"""What a ledger keeps of a price list is the price list."""

import json
import zlib

import pytest

from llmcost.pricing.price_list import snapshot
from llmcost.pricing.snapshots import restored


def content(prices):
    kept = json.loads(zlib.decompress(snapshot(prices)))
    # Hashes the files, which a ledger does not keep.
    del kept["digest"]
    return kept


def test_agreements_come_back_too(price_list):
    text = """
contracts: [{provider: openai, discount_pct: 12, models: ["openai/*"], from: 2026-07-01}]
self_hosted: [{id: local/llama, gpu: H100, gpus: 4, usd_per_gpu_hour: 2.49}]
provisioned: [{name: ptu, provider: azure, deployment: ptu-1, units: 50, usd_per_unit_hour: 1, covers: ["azure/*"]}]
allowances: [{group: g, provider: google, models: ["google/*"], unit: web_search, free: 1500, per: day}]
"""
    prices = price_list("models: [{id: openai/a, prices: [{rates: {input: 1}}]}]\n", text)

    found = restored(snapshot(prices))

    assert found is not None
    assert content(found) == content(prices)


@pytest.mark.slow
def test_a_snapshot_of_the_built_in_list_is_that_list(built_in):
    found = restored(snapshot(built_in))

    assert found is not None
    assert content(found) == content(built_in)
    assert found.checked == built_in.checked


def test_what_is_no_snapshot_is_none():
    assert restored(b"") is None
    assert restored(b"not compressed") is None
