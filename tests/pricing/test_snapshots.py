"""What a ledger keeps of a price list is the price list."""

from llmcost.pricing.price_list import snapshot
from llmcost.pricing.snapshots import restored


def test_a_snapshot_of_the_built_in_list_is_that_list(built_in):
    found = restored(snapshot(built_in))

    assert found is not None
    assert found.version == built_in.version
    assert found.checked == built_in.checked


def test_what_is_no_snapshot_is_none():
    assert restored(b"") is None
    assert restored(b"not compressed") is None
