"""What logs claim that one call cost stays what one of them said: amount, currency and who says so."""

import itertools

import pytest
from tests.ingesting import native, query, read, write
from tests.marks import few

_DOLLARS = {"reported_cost": "0.0040", "reported_currency": "USD", "reported_by": "litellm"}
_EUROS = {"reported_cost": "0.0032", "reported_currency": "EUR", "reported_by": "acme-gateway"}
_MORE = {"reported_cost": "0.0050", "reported_currency": "USD", "reported_by": "acme-gateway"}
_CALL = {"request_id": "call-00000001", "model": "gpt-4o", "input_tokens": 1000, "output_tokens": 100}


def _kept(folder, *claims, together=False, **settings):
    logs = [
        write(folder / f"{number}.jsonl", [native(**_CALL, provider="openai", **claim)])
        for number, claim in enumerate(claims)
    ]
    folder.mkdir(exist_ok=True)
    for paths in [logs] if together else [[log] for log in logs]:
        read(folder / "ledger", *paths, **settings)
    (kept,) = query(
        folder / "ledger",
        "select reported_cost::varchar, reported_currency, reported_by, cost::varchar, cost_status from request",
    )
    return kept


@pytest.mark.parametrize("together", [True, False])
def test_the_larger_claim_is_kept_with_its_currency_and_who_says_so(tmp_path, together):
    # 1,000 at $2.50 and 100 at $10 a million.
    wanted = ("0.004000000000", "USD", "litellm", "0.003500000000", "priced")
    assert _kept(tmp_path, _DOLLARS, _EUROS, {}, together=together) == wanted
    assert _kept(tmp_path / "turned", {}, _EUROS, _DOLLARS, together=together) == wanted


_ORDERS = list(itertools.permutations((_DOLLARS, _EUROS, _MORE)))


@pytest.mark.parametrize(("first", "second", "third"), few([*_ORDERS[::5], *_ORDERS[1:5]], fast=2))
@pytest.mark.slow
def test_a_claim_that_is_the_bill_is_kept_before_a_larger_one(tmp_path, first, second, third):
    kept = _kept(tmp_path, first, second, third, bills=frozenset({"litellm"}))
    assert kept == ("0.004000000000", "USD", "litellm", "0.004000000000", "billed")


@pytest.mark.slow
def test_of_equal_amounts_the_one_that_says_more_is_kept(tmp_path):
    bare = {"reported_cost": "0.0040"}
    for number, claims in enumerate(((bare, _DOLLARS), (_DOLLARS, bare))):
        assert _kept(tmp_path / str(number), *claims)[:3] == ("0.004000000000", "USD", "litellm")
