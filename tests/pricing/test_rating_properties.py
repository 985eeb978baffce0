"""SQL rating agrees with plain fractions, keeps every row once, and does not depend on order or threads."""

# The ledger holds naive UTC times.
# ruff: noqa: DTZ001

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fewer import FEWEST

from llmcost.pricing.rating import prepare_rates, rated_select

LIST = """
models:
  - id: openai/a
    match: {exact: [a-latest], dated: true}
    prices:
      - rates: {input: 0.003625, output: 7, cache_read: 0.000001, cache_write_5m: 1.25, cache_write_1h: 2, reasoning: 9}
        tiers:
          - {above: 100, rates: {input: 0.1, output: 8, cache_read: 0.02, cache_write_5m: 2.5, cache_write_1h: 3, reasoning: 10}}
          - {at_least: 5000, rates: {input: 0.2, output: 9, cache_read: 0.03, cache_write_5m: 3.5, cache_write_1h: 4, reasoning: 11}}
        variants:
          - {when: {processing: batch}, rates: {input: 0.001813, output: 3.5, cache_read: 0.000001, cache_write_5m: 0.625, cache_write_1h: 1, reasoning: 4.5}}
        multipliers:
          - {when: {inference_region: us}, factor: 1.1}
          - {when: {speed: fast}, factor: 1.37}
        fees: {web_search: 10, audio_hour: 0.111}
      - from: 2026-06-01
        rates: {input: 1, output: 2, cache_read: 0.1, cache_write_5m: 1, cache_write_1h: 1, reasoning: 2}
        fees: {web_search: 7, audio_hour: 0.37}
prefixes: [{pattern: "openai/", provider: openai}]
"""
UNITS = {
    "uncached_input_tokens": "input",
    "cache_read_tokens": "cache_read",
    "cache_write_5m_tokens": "cache_write_5m",
    "cache_write_1h_tokens": "cache_write_1h",
    "output_text_tokens": "output",
    "reasoning_tokens": "reasoning",
}
PROMPT = list(UNITS)[:4]
COMPONENTS = [PROMPT[:1], PROMPT[1:2], PROMPT[2:], ["output_text_tokens"], ["reasoning_tokens"]]
# input, output, cache read, 5m, 1h, reasoning; in dollars a million
STANDARD = ["0.003625", "7", "0.000001", "1.25", "2", "9"]
LONG = ["0.1", "8", "0.02", "2.5", "3", "10"]
LONGER = ["0.2", "9", "0.03", "3.5", "4", "11"]
BATCH = ["0.001813", "3.5", "0.000001", "0.625", "1", "4.5"]
LATER = ["1", "2", "0.1", "1", "1", "2"]
ORDER = ["input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "reasoning"]
CHANGE = datetime(2026, 6, 1)


def half_even(amount):
    """Fraction of a dollar as a whole number of pico-dollars."""
    return round(amount * 10**12)


def expected(row):
    """Cost in pico-dollars, from the rules alone."""
    later = row["started_at"] >= CHANGE
    prompt = sum(row[name] or 0 for name in PROMPT)
    if later:
        rates, factor = LATER, Fraction(1)
    else:
        batch = row["processing"] == "batch"
        rates = BATCH if batch else LONGER if prompt >= 5000 else LONG if prompt > 100 else STANDARD
        factor = Fraction(11 if row["inference_region"] == "us" else 10, 10)
        factor *= Fraction(137 if row["speed"] == "fast" else 100, 100)
    rate = {unit: Fraction(text) / 10**6 * factor for unit, text in zip(ORDER, rates, strict=True)}
    tokens = sum(half_even(sum((row[name] or 0) * rate[UNITS[name]] for name in part)) for part in COMPONENTS)
    searches = Fraction(7 if later else 10, 1000) * (row["web_searches"] or 0)
    audio = Fraction("0.37" if later else "0.111") / 3600 * Fraction(row["audio_seconds"] or 0)
    return tokens + half_even(searches + audio)


amounts = st.one_of(st.none(), st.integers(0, 200), st.integers(0, 10**9))
calls = st.fixed_dictionaries(
    {
        **dict.fromkeys(UNITS, amounts),
        "web_searches": st.one_of(st.none(), st.integers(0, 50)),
        "audio_seconds": st.one_of(st.none(), st.decimals(0, 10**5, places=6)),
        "processing": st.sampled_from([None, "standard", "batch"]),
        "inference_region": st.sampled_from([None, "us", "global"]),
        "speed": st.sampled_from([None, "fast", "standard"]),
        "request_model": st.sampled_from(["a", "A-latest", "openai/a", "a-2026-01-31"]),
        "provider": st.sampled_from(["openai", None]),
        "started_at": st.one_of(
            st.integers(-3, 3).map(lambda second: CHANGE + timedelta(seconds=second)),
            st.datetimes(datetime(1969, 1, 1), datetime(2100, 1, 1)).map(lambda one: one.replace(microsecond=0)),
        ),
    }
)


def _agrees(price_list, rate_all, rows):
    prices = price_list(LIST)
    rated = rate_all(prices, rows)
    assert len(rated) == len(rows)
    for row, result in zip(rows, rated, strict=True):
        if not any(row[name] is not None for name in (*UNITS, "web_searches", "audio_seconds")):
            assert (result["cost"], result["cost_reason"]) == (None, "usage unknown")
            continue
        assert result["cost"] == Decimal(expected(row)).scaleb(-12)
        assert result["provider"] == "openai"


@FEWEST
@given(rows=st.lists(calls, min_size=1, max_size=12))
def test_sql_agrees_with_fractions(price_list, rate_all, rows):
    _agrees(price_list, rate_all, rows)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(calls, min_size=1, max_size=12))
def test_sql_agrees_with_fractions_many_times(price_list, rate_all, rows):
    _agrees(price_list, rate_all, rows)


ROWS = 4000


def many():
    """Rows over many contexts, with whole duplicates among them, straight in SQL."""
    connection = duckdb.connect()
    connection.execute(
        """
        create table staged as
        select
            i                                                                       as request_id,
            timestamp '2026-05-31 12:00:00' + interval (i % 50) hour                as started_at,
            ['openai', null, 'cohere'][i % 3 + 1]                                   as provider,
            ['a', 'openai/a', 'a-2026-02-03', 'nobody', null][i % 5 + 1]            as request_model,
            null::varchar                                                           as response_model,
            ['chat', 'embeddings'][i % 2 + 1]                                       as operation,
            [null, 'flex', 'default'][i % 7 % 3 + 1]                                as service_tier,
            [null, 'batch'][i % 11 % 2 + 1]                                         as processing,
            null::varchar as speed, ['us', 'eu', null][i % 13 % 3 + 1]              as inference_region,
            'ok' as status, null::integer as http_status, null::varchar as error_type, false as gateway_cached,
            'billed' as usage_origin, 'metered' as charge_basis, null::decimal(18, 12) as billed_cost,
            (i * 7919) % 9000 as uncached_input_tokens, i % 17 as cache_read_tokens, null::bigint as cache_write_5m_tokens,
            null::bigint as cache_write_1h_tokens, i % 31 as output_text_tokens, null::bigint as reasoning_tokens,
            null::bigint as input_audio_tokens, null::bigint as output_audio_tokens, null::bigint as cache_read_audio_tokens,
            null::bigint as input_image_tokens, null::bigint as output_image_tokens, i % 2 as web_searches,
            null::bigint as rerank_searches, null::bigint as images, (i % 100)::decimal(18, 6) as audio_seconds,
            null::bigint as characters, null::bigint as pages, null::decimal(18, 6) as video_seconds,
            null::bigint as file_searches, null::bigint as code_sessions, null::bigint as map_searches,
            null::bigint as citation_tokens, null::varchar as unit_size
        from (select (i // 2)::bigint as i from range($rows * 2) as t (i))
        """,
        {"rows": ROWS},
    )
    return connection


@pytest.fixture
def prices(price_list):
    return price_list(LIST)


def totals(connection):
    return connection.execute(
        f"""
        select request_id, cost, cost_status, cost_reason, price_id, provider, model
        from ({rated_select("staged")}) order by all
        """
    ).fetchall()


def test_every_row_comes_out_exactly_once(prices):
    connection = many()
    prepare_rates(connection, "staged", prices)
    rows = totals(connection)
    assert len(rows) == 2 * ROWS
    assert all(one == other for one, other in zip(rows[::2], rows[1::2], strict=True))
    assert {row[2] for row in rows} == {"priced", "estimated", "unpriced"}
    assert all((row[1] is None) == (row[2] == "unpriced") for row in rows)


def test_rate_rows_cover_every_moment_prompt_and_minute_once(prices):
    connection = many()
    prepare_rates(connection, "staged", prices)
    overlaps = connection.execute(
        """
        select count(*)
        from llmcost_rate as a
        join llmcost_rate as b
            on a.sheet = b.sheet and a.rowid < b.rowid
            and a.since < b.until and b.since < a.until
            and a.prompt_from < b.prompt_to and b.prompt_from < a.prompt_to
            and a.minute_from < b.minute_to and b.minute_from < a.minute_to
        """
    ).fetchone()
    assert overlaps == (0,)


def rated_again(prices, threads, order):
    """The totals of the same rows in another order, with another number of threads."""
    connection = many()
    connection.execute(f"set threads = {threads}")
    connection.execute(f"create table shuffled as select * from staged order by {order}")
    connection.execute("drop table staged")
    connection.execute("alter table shuffled rename to staged")
    prepare_rates(connection, "staged", prices)
    return totals(connection)


def test_results_do_not_depend_on_threads_or_on_the_order_of_rows(prices):
    runs = [(1, "request_id"), (2, "request_id desc"), (2, "hash(request_id)"), (8, "md5(request_id::varchar)")]

    results = [rated_again(prices, threads, order) for threads, order in runs]

    assert all(one == results[0] for one in results)


@pytest.mark.slow
def test_ten_runs_come_to_the_same(prices):
    results = [rated_again(prices, (1, 2, 8)[run % 3], f"md5(request_id::varchar || '{run}')") for run in range(10)]

    assert all(one == results[0] for one in results)


def test_an_empty_table_rates_to_nothing(prices):
    connection = many()
    connection.execute("delete from staged")
    prepare_rates(connection, "staged", prices)
    assert totals(connection) == []
