"""The demonstration log against the books its generator kept."""

from decimal import Decimal

import pytest
from tests.ingesting import query, read

from llmcost.demo import generate


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    facts = generate(folder / "logs", requests=3000)
    return facts, read(folder / "ledger", folder / "logs"), folder / "ledger"


def test_every_line_is_accounted_for(demo):
    facts, result, _ = demo
    assert result.total("lines") == facts.lines
    assert result.total("new") == facts.requests
    assert result.total("rejected") == facts.malformed_lines
    assert result.total("known") == facts.lines - facts.requests - facts.malformed_lines
    assert (result.total("conflicts"), result.total("ambiguous")) == (0, 0)


def test_tokens_by_class(demo):
    facts, _, ledger = demo
    (found,) = query(
        ledger,
        """
        select
            sum(uncached_input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens)::bigint,
            sum(output_text_tokens + reasoning_tokens)::bigint, sum(cache_read_tokens)::bigint,
            sum(cache_write_5m_tokens)::bigint, sum(cache_write_1h_tokens)::bigint, sum(reasoning_tokens)::bigint
        from request
        """,
    )
    assert found == (
        facts.input_tokens,
        facts.output_tokens,
        facts.cache_read_tokens,
        facts.cache_write_5m_tokens,
        facts.cache_write_1h_tokens,
        facts.reasoning_tokens,
    )


def test_who_and_what(demo):
    facts, _, ledger = demo
    customers = query(ledger, "select customer_id, count(*) from request where customer_id is not null group by all")
    assert dict(customers) == facts.requests_by_customer
    assert query(ledger, "select count(*) from request where customer_id is null") == [
        (facts.requests_without_customer,)
    ]
    features = dict(query(ledger, "select feature, count(*) from request group by all"))
    assert {name: features[name] for name in facts.requests_by_feature} == facts.requests_by_feature
    found = query(
        ledger,
        "select count(*) filter (status <> 'ok'), count(*) filter (gateway_cached), count(*) filter (http_status = 429) from request",
    )
    assert found == [(facts.failures, facts.cache_hits, facts.rate_limited)]


def test_our_cost_is_the_gateways_but_for_what_it_lost_to_floating_point(demo):
    facts, _, ledger = demo
    ((cost, reported, unpriced),) = query(
        ledger, "select sum(cost), sum(reported_cost), count(*) filter (cost_status = 'unpriced') from request"
    )
    assert unpriced == facts.unpriced_requests
    # Doubles carry some sixteen digits; a call costs a few cents, so a thousand of them stay within a nanodollar.
    assert abs(cost - facts.gateway_spend) < Decimal("0.000001")
    assert abs(reported - facts.gateway_spend) < Decimal("0.000001")
