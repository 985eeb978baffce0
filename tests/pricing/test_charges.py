"""Charges beside the calls, each worked out by hand."""

# The ledger holds naive UTC times.
# ruff: noqa: DTZ001

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from tests.ingesting import kept_memory_ledger

from llmcost.domain.period import Period
from llmcost.pricing.charges import charge_lines

MODELS = """
models:
  - id: google/gemini-a
    prices:
      - rates: {input: 1, output: 2}
        fees: {web_search: 35}
      - from: 2026-03-10
        rates: {input: 1, output: 2}
        fees: {web_search: 14}
  - id: google/gemini-b
    prices: [{rates: {input: 1}, fees: {web_search: 14}}]
"""
MARCH = Period(since=datetime(2026, 3, 1, tzinfo=UTC), until=datetime(2026, 4, 1, tzinfo=UTC))


@pytest.fixture
def ledger():
    """A ledger in memory, filled with (time, provider, model, price id, searches, cost, status)."""
    connection = kept_memory_ledger()

    def fill(*rows):
        for row in rows:
            connection.execute(
                """
                insert into request by name
                select uuid() as row_key, 0 as part, 'test' as source, 'test' as issuer, 1 as ingest_id, 'log' as time_origin,
                    true as final, 'chat' as operation, 'ok' as status, false as gateway_cached, 'billed' as usage_origin,
                    'metered' as charge_basis, $1 as started_at, $2 as provider, $3 as model, $4 as price_id,
                    $5 as web_searches, $6 as cost, $7 as cost_status
                """,
                list(row),
            )
        return connection

    return fill


def seen(lines):
    return [
        (one.kind, one.name, str(one.first_day), f"{one.quantity:f}", one.unit, f"{one.unit_price:f}", one.amount)
        for one in lines
    ]


def test_provisioned_hours_are_charged_by_the_month_whether_they_are_used_or_not(ledger, price_list):
    prices = price_list(
        MODELS
        + "provisioned: [{name: ptu-1, provider: azure, covers: ['azure/*'], units: 50, usd_per_unit_hour: 1.02, from: 2026-03-30T12:00:00Z, until: 2026-04-02}]\n"
    )
    period = Period(since=datetime(2026, 3, 1, tzinfo=UTC), until=datetime(2026, 5, 1, tzinfo=UTC))
    # 36 hours in March and 24 in April, 50 units: 1,800 and 1,200 unit-hours at 1.02
    assert seen(charge_lines(ledger(), prices, period)) == [
        ("commitment", "ptu-1", "2026-03-30", "1800.000000000000", "unit-hour", "1.02", Decimal(1836)),
        ("commitment", "ptu-1", "2026-04-01", "1200.000000000000", "unit-hour", "1.02", Decimal(1224)),
    ]


def test_months_add_up_to_the_whole(ledger, price_list):
    prices = price_list(
        MODELS + "provisioned: [{name: p, provider: aws, covers: ['aws/*'], units: 3, usd_per_unit_hour: 0.07}]\n"
    )
    since, until = datetime(2025, 11, 20, 5, tzinfo=UTC), datetime(2026, 3, 3, 7, 30, tzinfo=UTC)
    lines = charge_lines(ledger(), prices, Period(since=since, until=until))
    hours = Decimal(int((until - since).total_seconds())) / 3600
    assert [one.first_day.month for one in lines] == [11, 12, 1, 2, 3]
    assert sum(one.amount for one in lines) == hours * 3 * Decimal("0.07")


def test_a_machine_s_idle_hours_are_what_its_calls_were_not_charged_for(ledger, price_list):
    prices = price_list(
        MODELS
        + "self_hosted: [{id: local/llama, gpu: H100, gpus: 4, usd_per_gpu_hour: 2.5, tokens_per_gpu_hour: 1000000, from: 2026-03-31}]\n"
    )
    connection = ledger(
        (datetime(2026, 3, 31, 10), "local", "llama", "local/llama@2026-03-31", None, Decimal(90), "priced"),
        (datetime(2026, 3, 31, 11), "local", "llama", "local/llama@2026-03-31", None, Decimal(50), "estimated"),
        (datetime(2026, 3, 31, 12), "local", "other", "local/other", None, Decimal(7), "priced"),
        (datetime(2026, 4, 1), "local", "llama", "local/llama@2026-03-31", None, Decimal(9), "priced"),
    )
    # 24 hours of 4 cost 240; 140 of it was charged, 100 is left: 40 hours of one
    assert seen(charge_lines(connection, prices, MARCH)) == [
        ("idle", "llama", "2026-03-31", "40.000000000000", "H100-hour", "2.5", Decimal(100))
    ]


def test_a_machine_whose_calls_are_free_is_a_commitment(ledger, price_list):
    prices = price_list(MODELS + "self_hosted: [{id: local/llama, gpus: 2, usd_per_gpu_hour: 2, until: 2026-03-02}]\n")
    assert seen(charge_lines(ledger(), prices, MARCH)) == [
        ("commitment", "llama", "2026-03-01", "48.000000000000", "GPU-hour", "2", Decimal(96))
    ]


def test_months_are_those_of_the_zone_and_end_where_a_rate_turns(ledger, price_list):
    prices = price_list(
        MODELS + "provisioned: [{name: p, provider: azure, covers: ['azure/*'], units: 1, usd_per_unit_hour: 10}]\n"
    )
    berlin = ZoneInfo("Europe/Berlin")
    # March in Berlin: from 23:00 UTC on the last of February to 22:00 UTC on the 31st, 743 hours.
    period = Period(since=datetime(2026, 2, 28, 23, tzinfo=UTC), until=datetime(2026, 3, 31, 22, tzinfo=UTC))
    whole = charge_lines(ledger(), prices, period, zone=berlin)
    assert [(str(one.first_day), str(one.last_day), one.amount) for one in whole] == [
        ("2026-03-01", "2026-03-31", Decimal(7430))
    ]
    turned = charge_lines(ledger(), prices, period, zone=berlin, turns=[date(2026, 3, 20), date(2026, 4, 1)])
    # 19 days of 24 hours, then 12 of which one has 23.
    assert [(str(one.first_day), str(one.last_day), one.amount) for one in turned] == [
        ("2026-03-01", "2026-03-19", Decimal(4560)),
        ("2026-03-20", "2026-03-31", Decimal(2870)),
    ]


def test_the_parts_of_a_month_of_idle_hours_add_up_to_the_month(ledger, price_list):
    prices = price_list(
        MODELS
        + "self_hosted: [{id: local/llama, gpus: 1, usd_per_gpu_hour: 2, tokens_per_gpu_hour: 1000000, from: 2026-03-30}]\n"
    )
    rows = [
        (datetime(2026, 3, 30, 10), "local", "llama", "local/llama@2026-03-30", None, Decimal(50), "priced"),
        (datetime(2026, 3, 31, 10), "local", "llama", "local/llama@2026-03-30", None, Decimal(8), "priced"),
    ]
    # Each day's 24 hours cost 48: the calls of the 30th were charged 2 more than that, those of the 31st 40 less.
    found = charge_lines(ledger(*rows), prices, MARCH, turns=[date(2026, 3, 31)])
    assert [(str(one.first_day), one.quantity, one.amount) for one in found] == [
        ("2026-03-30", Decimal(-1), Decimal(-2)),
        ("2026-03-31", Decimal(20), Decimal(40)),
    ]
    busy = (datetime(2026, 3, 31, 11), "local", "llama", "local/llama@2026-03-30", None, Decimal(38), "priced")
    assert charge_lines(ledger(*rows, busy), prices, MARCH, turns=[date(2026, 3, 31)]) == ()


def test_the_days_that_a_bill_tells_of_are_left_out_calls_and_all(ledger, price_list):
    prices = price_list(
        MODELS
        + "provisioned: [{name: p, provider: azure, covers: ['azure/*'], units: 1, usd_per_unit_hour: 10}]\n"
        + "self_hosted: [{id: azure/own, gpus: 1, usd_per_gpu_hour: 2, tokens_per_gpu_hour: 1000000}]\n"
        + "allowances: [{group: free, provider: google, models: ['google/gemini-*'], unit: web_search, free: 10, tz: UTC}]\n"
    )
    connection = ledger(
        *(
            (datetime(2026, 3, day, 9), "azure", "own", "azure/own", None, Decimal(day), "priced")
            for day in (1, 2, 3, 4)
        ),
        *(
            (datetime(2026, 3, day, 9), "google", "gemini-b", "google/gemini-b", 1, Decimal(1), "priced")
            for day in (1, 2)
        ),
    )
    period = Period(since=datetime(2026, 3, 1, tzinfo=UTC), until=datetime(2026, 3, 5, tzinfo=UTC))
    billed = {"azure": {date(2026, 3, 2), date(2026, 3, 3)}, "google": {date(2026, 3, 1)}}
    # Of the 1st and the 4th: 24 hours at 10, and 48 for the machine less 1 and 4; and the search of the 2nd at 0.014.
    found = charge_lines(connection, prices, period, billed=billed)
    assert [(one.kind, one.first_day.day, one.last_day.day, one.amount) for one in found] == [
        ("commitment", 1, 1, Decimal(240)),
        ("commitment", 4, 4, Decimal(240)),
        ("credit", 2, 2, Decimal("-0.014")),
        ("idle", 1, 1, Decimal(47)),
        ("idle", 4, 4, Decimal(44)),
    ]


ALLOWANCE = "allowances: [{group: gemini, provider: google, models: ['google/gemini-*'], unit: web_search, free: 10, tz: America/Los_Angeles}]\n"


def test_an_allowance_is_a_credit_by_the_day_the_cheapest_units_first(ledger, price_list):
    a, b = "google/gemini-a", "google/gemini-b"
    connection = ledger(
        # 2026-03-05 in Los Angeles, eight hours behind: until 08:00 UTC it is still the 4th.
        (datetime(2026, 3, 5, 7, 59), "google", "gemini-a", a, 3, Decimal(1), "priced"),
        (datetime(2026, 3, 5, 8), "google", "gemini-a", a, 6, Decimal(1), "priced"),
        (datetime(2026, 3, 6, 7, 59), "google", "gemini-b", b, 8, Decimal(1), "priced"),
        (datetime(2026, 3, 5, 12), "google", "gemini-b", b, 100, None, "unpriced"),
        (datetime(2026, 3, 5, 12), "google", "gemini-b", b, 100, Decimal(1), "billed"),
        (datetime(2026, 3, 5, 12), "google", "other", "google/other", 100, Decimal(1), "priced"),
    )
    # The 4th: 3 at 0.035. The 5th: all 8 at 0.014, then 2 of the 6 at 0.035.
    assert seen(charge_lines(connection, price_list(MODELS + ALLOWANCE), MARCH)) == [
        ("credit", "gemini", "2026-03-04", "3", "web_search", "0.035000000000", Decimal("-0.105")),
        ("credit", "gemini", "2026-03-05", "8", "web_search", "0.014000000000", Decimal("-0.112")),
        ("credit", "gemini", "2026-03-05", "2", "web_search", "0.035000000000", Decimal("-0.07")),
    ]


def test_a_credit_is_at_the_price_the_call_was_rated_with(ledger, price_list):
    prices = price_list(
        MODELS
        + ALLOWANCE
        + "contracts: [{name: deal, provider: google, discount_pct: 50, applies_to: [fees], from: 2026-03-20}]\n"
    )
    connection = ledger(
        (datetime(2026, 3, 12, 20), "google", "gemini-a", "google/gemini-a@2026-03-10", 1, Decimal(1), "priced"),
        (datetime(2026, 3, 22, 20), "google", "gemini-a", "google/gemini-a@2026-03-10#deal", 1, Decimal(1), "priced"),
    )
    assert [(one.first_day, one.amount) for one in charge_lines(connection, prices, MARCH)] == [
        (date(2026, 3, 12), Decimal("-0.014")),
        (date(2026, 3, 22), Decimal("-0.007")),
    ]


def test_a_credit_tells_contracts_and_variants_without_names_apart(ledger, price_list):
    prices = price_list(
        """
models:
  - id: cloudflare/@cf/chat
    prices:
      - fees: {web_search: 10}
        variants:
          - {when: {clock: {between: ["08:00-12:00"]}}, fees: {web_search: 20}}
          - {when: {clock: {between: ["12:00-18:00"]}}, fees: {web_search: 40}}
allowances: [{group: search, provider: cloudflare, models: ['cloudflare/*'], unit: web_search, free: 100}]
contracts:
  - {provider: cloudflare, discount_pct: 10, until: 2026-03-07, applies_to: [fees]}
  - {provider: cloudflare, discount_pct: 50, from: 2026-03-07, applies_to: [fees]}
"""
    )
    id_ = "cloudflare/@cf/chat"
    connection = ledger(
        (datetime(2026, 3, 6, 6), "cloudflare", "@cf/chat", f"{id_}#contract", 10, Decimal(1), "priced"),
        (datetime(2026, 3, 8, 6), "cloudflare", "@cf/chat", f"{id_}#contract-2", 10, Decimal(1), "priced"),
        (datetime(2026, 3, 9, 9), "cloudflare", "@cf/chat", f"{id_}#clock,contract-2", 10, Decimal(1), "priced"),
        (datetime(2026, 3, 10, 13), "cloudflare", "@cf/chat", f"{id_}#clock-2,contract-2", 10, Decimal(1), "priced"),
    )
    # 10 searches at 0.010 x 0.9; then at half of 0.010, 0.020 and 0.040
    assert [(one.first_day.day, one.amount) for one in charge_lines(connection, prices, MARCH)] == [
        (6, Decimal("-0.09")),
        (8, Decimal("-0.05")),
        (9, Decimal("-0.1")),
        (10, Decimal("-0.2")),
    ]


def test_a_day_belongs_to_the_period_it_begins_in(ledger, price_list):
    connection = ledger(
        # Both on the 31st of March in Los Angeles, seven hours behind by then.
        (datetime(2026, 3, 31, 20), "google", "gemini-b", "google/gemini-b", 6, Decimal(1), "priced"),
        (datetime(2026, 4, 1, 6), "google", "gemini-b", "google/gemini-b", 6, Decimal(1), "priced"),
        (datetime(2026, 4, 1, 7), "google", "gemini-b", "google/gemini-b", 1, Decimal(1), "priced"),
    )
    prices = price_list(MODELS + ALLOWANCE)
    april = Period(since=MARCH.until, until=datetime(2026, 5, 1, tzinfo=UTC))
    assert [(one.first_day.day, one.quantity) for one in charge_lines(connection, prices, MARCH)] == [(31, 10)]
    assert [(one.first_day.day, one.quantity) for one in charge_lines(connection, prices, april)] == [(1, 1)]


@pytest.mark.parametrize("tz", ["America/Los_Angeles", "Pacific/Kiritimati"])
def test_an_open_period_has_the_credits_of_its_first_day_wherever_that_begins(ledger, price_list, tz):
    # In Los Angeles still the 4th; on Kiritimati, fourteen hours ahead, the 5th since 10:00 UTC of the 4th.
    connection = ledger(
        (datetime(2026, 3, 5, 2), "google", "gemini-b", "google/gemini-b", 3, Decimal(1), "priced"),
        (datetime(2026, 3, 6, 2), "google", "gemini-b", "google/gemini-b", 4, Decimal(1), "priced"),
    )
    prices = price_list(MODELS + ALLOWANCE.replace("America/Los_Angeles", tz))
    for period in (Period(), MARCH):
        assert [one.quantity for one in charge_lines(connection, prices, period)] == [3, 4]


def test_an_open_period_lasts_as_long_as_the_requests_do(ledger, price_list):
    prices = price_list(
        MODELS + "provisioned: [{name: p, provider: aws, covers: ['aws/*'], units: 1, usd_per_unit_hour: 1}]\n"
    )
    assert charge_lines(ledger(), prices, Period()) == ()
    connection = ledger(
        (datetime(2026, 3, 5, 10), "aws", "x", None, None, Decimal(1), "priced"),
        (datetime(2026, 3, 7, 0), "aws", "x", None, None, Decimal(1), "priced"),
    )
    assert [one.quantity for one in charge_lines(connection, prices, Period())] == [72]
