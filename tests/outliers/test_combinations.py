"""What holds whichever findings are acted on, and however little traffic there is."""

import json
from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ingesting import read
from tests.outliers.injector import PLANTS, clean

from llmcost.domain.period import Period
from llmcost.ledger import database
from llmcost.ledger.composition import Selection
from llmcost.ledger.dimensions import dimension_names
from llmcost.outliers.detector import NotEvaluable
from llmcost.outliers.ledger import net_savings
from llmcost.outliers.registry import known_detectors
from llmcost.outliers.run import AuditRequest, audit
from llmcost.outliers.traffic import SCOPES, Floors, open_traffic
from llmcost.pricing.price_list import load_price_list

PRICES = load_price_list()
NO_FLOORS = Floors(requests=1, cost=Decimal(0), share=Decimal(0))


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """Traffic in which everything is wrong at once, and every finding of every detector, however small."""
    folder = tmp_path_factory.mktemp("everything")
    traffic = clean(seed=77, per_day=8)
    for plant in PLANTS.values():
        plant(traffic, 0.15)
    (folder / "made.jsonl").write_text("".join(json.dumps(record) + "\n" for record in traffic.records))
    read(folder / "made.duckdb", folder / "made.jsonl")
    with database.reading(folder / "made.duckdb") as connection:
        selection = Selection(period=Period(), zone=UTC, basis="requests")
        opened = open_traffic(connection, selection, PRICES, production=("production",), floors=NO_FLOORS)
        yield opened, list(_found(opened))


def _found(traffic):
    for name, detector in known_detectors().items():
        if set(detector.needs) <= traffic.present:
            try:
                yield from ((name, one, detector.overlap) for one in detector.find(traffic))
            except NotEvaluable:
                continue


def test_every_finding_is_narrowed_to_dimensions_a_decision_may_name(everything):
    traffic, found = everything
    columns = {
        name for name, kind, *_ in traffic.connection.execute("describe waste_row").fetchall() if kind == "VARCHAR"
    }

    assert set(SCOPES) == columns & set(dimension_names())
    assert {name for _, one, _ in found for name, _ in one.scope} <= set(SCOPES)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_net_savings_never_exceed_what_was_spent_whichever_findings_are_acted_on(everything, data):
    traffic, found = everything
    chosen = data.draw(st.sets(st.sampled_from(range(len(found)))))
    acted_on = [found[number][1:] for number in sorted(chosen)]
    gross = sum((one.savings.mid for one, _ in acted_on if one.savings), Decimal(0))

    net, (low, mid, high) = net_savings(traffic, acted_on)

    assert 0 <= low <= mid <= high <= traffic.cost
    assert mid <= gross + Decimal("1e-6")
    assert all(amount >= 0 for amount in net.values())


def test_the_traffic_in_which_everything_is_wrong_tells_many_detectors(everything):
    assert len({name for name, _, _ in everything[1]}) >= 12


def test_no_two_findings_have_one_id(everything):
    ids = [replace(one, detector=name).id for name, one, _ in everything[1]]

    assert len(set(ids)) == len(ids)


SIZES = st.sampled_from([0, 1, 40, 5000, 250_000])
CALL = st.fixed_dictionaries(
    {
        "timestamp": st.sampled_from(["2026-09-01T00:00:00Z", "2026-09-01T00:00:01Z", "2026-10-20T12:00:00Z"]),
        "model": st.sampled_from(["gpt-4o", "o3", "claude-sonnet-4-5", "gemini-2.5-pro", "house-7b"]),
        "input_tokens": SIZES,
        "output_tokens": SIZES,
        "status": st.sampled_from(["ok", "error", "incomplete", "cancelled"]),
    },
    optional={
        "environment": st.sampled_from(["production", "dev"]),
        "feature": st.just("chat"),
        "endpoint": st.just("/v1"),
        "user_id": st.sampled_from(["ada", "bo"]),
        "customer_id": st.just("acme"),
        "session_id": st.just("one"),
        "prompt_hash": st.just("same"),
        "service_tier": st.just("priority"),
        "max_output_tokens": SIZES,
        "temperature": st.sampled_from([0, 1]),
    },
)


@settings(max_examples=1, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sets=st.lists(st.lists(CALL, min_size=1, max_size=2), min_size=6, max_size=6))
@pytest.mark.slow
def test_one_request_or_two_raise_nothing_and_divide_by_nothing(tmp_path_factory, sets):
    folder = tmp_path_factory.mktemp("few")
    (folder / "few.jsonl").write_text(
        "".join(
            json.dumps({"request_id": f"{number}-{place}", "business_unit": f"set-{number}", **call}) + "\n"
            for number, calls in enumerate(sets)
            for place, call in enumerate(calls)
        )
    )
    read(folder / "few.duckdb", folder / "few.jsonl", source="llmcost")
    with database.reading(folder / "few.duckdb") as connection:
        for number, calls in enumerate(sets):
            result = audit(connection, PRICES, AuditRequest(zone=UTC, where=(f"business_unit=set-{number}",)))
            assert result.requests == len(calls)
            assert result.findings == ()
