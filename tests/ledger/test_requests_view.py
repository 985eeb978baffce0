"""`requests_v1`: what other tools build on stays as it is."""

import re
from pathlib import Path

import duckdb
import pytest

from llmcost.ledger.database import writing
from llmcost.ledger.requests_view import COLUMNS
from llmcost.pricing.units import COMPONENTS, QUANTITIES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "requests-view.md"

# Written down apart from the code, so that a change to the view cannot change what it is held against.
PINNED = {
    "varchar": """
        row_key request_id issuer source provider model request_model response_model operation service_tier processing
        speed inference_region unit_size status error_type customer_id user_id team feature environment business_unit
        endpoint plan workflow prompt_name prompt_version api_key_id virtual_account project session_id trace_id
        parent_id prompt_hash tags usage_origin currency cost_status cost_reason charge_basis price_id price_list
        match_kind reported_currency reported_by
    """,
    "timestamp": "started_at ended_at",
    "integer": "part http_status attempt",
    "double": "latency_ms time_to_first_token_ms temperature",
    "boolean": "gateway_cached stream",
    "bigint": """
        max_output_tokens requests input_tokens output_tokens uncached_input_tokens cache_read_tokens
        cache_write_5m_tokens cache_write_1h_tokens input_audio_tokens cache_read_audio_tokens input_image_tokens
        citation_tokens output_text_tokens reasoning_tokens output_audio_tokens output_image_tokens web_searches
        file_searches map_searches rerank_searches code_sessions images pages characters
    """,
    "decimal(18,6)": "audio_seconds video_seconds",
    "decimal(18,12)": """
        input_cost cache_read_cost cache_write_cost output_cost reasoning_cost audio_cost image_cost unit_cost cost
        list_value billed_cost reported_cost
    """,
}


def _described(connection):
    rows = connection.execute("describe requests_v1").fetchall()
    return [(name, kind.lower().replace(" ", "")) for name, kind, *_ in rows]


def test_names_and_types_never_change(ledger):
    assert sorted(_described(ledger)) == sorted(
        (name, kind) for kind, names in PINNED.items() for name in names.split()
    )


def test_the_columns_described_are_those_of_the_view(ledger):
    assert [(column.name, column.type) for column in COLUMNS] == _described(ledger)


def test_every_quantity_and_amount_that_enters_a_cost_is_there():
    names = {column.name for column in COLUMNS}

    assert names >= {*QUANTITIES.values(), *COMPONENTS, "unit_cost", "cost", "price_id", "price_list"}


def test_the_page_says_what_the_columns_are():
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+?) \| ([^|]+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE)

    assert rows == [(column.name, column.type, column.meaning) for column in COLUMNS]


@pytest.mark.parametrize("name", ["usage.duckdb", "two words.duckdb"])
def test_other_tools_open_the_file_by_any_name(tmp_path, name):
    path = tmp_path / name
    with writing(path) as ledger:
        ledger.execute(
            "insert into request by name select uuid() as row_key, 0 as part, 'llmcost' as source, 'native' as issuer, "
            "1 as ingest_id, timestamp '2026-11-01' as started_at, 'log' as time_origin, true as final, 'chat' as operation, "
            "'ok' as status, false as gateway_cached, 'billed' as usage_origin, 'metered' as charge_basis, "
            "'unpriced' as cost_status, 3 as cache_read_audio_tokens, 4 as reasoning_tokens"
        )

    with duckdb.connect(str(path), read_only=True) as elsewhere:
        assert elsewhere.execute(
            "select requests, input_tokens, output_tokens, cost, price_list from requests_v1"
        ).fetchall() == [(1, 3, 4, None, None)]
