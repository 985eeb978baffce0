"""Published examples of usage exports, read in place: their buckets and costs as worked out by hand."""

from decimal import Decimal

import pytest
from tests.ingesting import query, read

USAGE = "requests, uncached_input_tokens, cache_read_tokens, cache_write_5m_tokens, output_text_tokens"

PAGES = {
    # 1,000 in: 500 uncached of which 50 audio and 50 image, 400 cached of which 50 audio, 100 written; 500 out.
    "completions": (5, 400, 350, 100, 400),
    "embeddings": (2, 16, None, None, None),
    "moderations": (2, 16, None, None, None),
    "images": (2, None, None, None, None),
    "audio_speeches": (1, None, None, None, None),
    "audio_transcriptions": (1, None, None, None, None),
    "code_interpreter_sessions": (None, None, None, None, None),
    "web_search_calls": (None, None, None, None, None),
    "file_search_calls": (None, None, None, None, None),
}


def _path(samples, name):
    path = samples / name
    if not path.exists():
        pytest.skip(f"no sample {name}")
    return path


def test_the_pages_of_openai_s_usage(samples, tmp_path):
    read(
        tmp_path / "ledger",
        *(_path(samples, f"openai_openapi/get_organization_usage_{kind}__0.json") for kind in PAGES),
    )
    found = query(tmp_path / "ledger", f"select scope, {USAGE} from usage_bucket")
    assert {row[0]: row[1:] for row in found} == {
        kind.replace("search_calls", "searches"): row for kind, row in PAGES.items()
    }


def test_the_bytes_of_vector_stores_are_no_usage(samples, tmp_path):
    result = read(tmp_path / "ledger", _path(samples, "openai_openapi/get_organization_usage_vector_stores__0.json"))
    assert (result.files[0].status, result.total("skipped"), result.total("buckets")) == ("read", 1, 0)


def test_a_page_of_openai_s_costs(samples, tmp_path):
    read(tmp_path / "ledger", _path(samples, "openai_openapi/get_organization_costs__0.json"))
    assert query(tmp_path / "ledger", "select cost, cost_status, model from usage_bucket") == [
        (Decimal("0.06"), "billed", None)
    ]


def test_a_page_of_anthropic_s_usage_report(samples, tmp_path):
    read(tmp_path / "ledger", _path(samples, "doc_examples/anthropic_usage_report_messages.json"))
    # Sonnet 4 at 3/0.30/3.75/6/15: 4,500 + 60 + 1,875 + 6,000 + 7,500 millionths, and ten searches at a cent.
    assert query(
        tmp_path / "ledger", f"select {USAGE}, cache_write_1h_tokens, web_searches, cost from usage_bucket"
    ) == [(None, 1500, 200, 500, 500, 1000, 10, Decimal("0.119935"))]


def test_litellm_s_daily_activity(samples, tmp_path):
    read(tmp_path / "ledger", _path(samples, "litellm/litellm_user_daily_activity.json"))
    # GPT-4o mini at 0.15/0.60: 5.55 + 5.4 millionths; the example leaves out the day's other models.
    assert query(
        tmp_path / "ledger", f"select model, {USAGE}, cost, reported_cost from usage_bucket order by model nulls last"
    ) == [
        ("gpt-4o-mini", 1, 37, 0, 0, 9, Decimal("0.00001095"), Decimal("0.00001095")),
        (None, 10, 74, 0, 0, 1702, None, Decimal("0.01769625")),
    ]


def test_focus_with_tokens(samples, tmp_path):
    read(tmp_path / "ledger", _path(samples, "focus/llm_focus_1.2_trial_validated.csv"))
    # Two days of 0.30 + 0.0625 + 0.30.
    assert query(
        tmp_path / "ledger",
        "select bucket_start::date::varchar, sum(cost), sum(uncached_input_tokens), sum(cache_read_tokens), "
        "sum(output_text_tokens), count(distinct customer_id) from usage_bucket group by all order by all",
    ) == [
        ("2025-05-01", Decimal("0.6625"), 120_000, 50_000, 30_000, 2),
        ("2025-05-02", Decimal("0.6625"), 120_000, 50_000, 30_000, 2),
    ]


def test_focus_without_any_llm_service_is_read_and_skipped(samples, tmp_path):
    result = read(tmp_path / "ledger", _path(samples, "focus/focus_1.0_sample_head40.csv"))
    assert (result.files[0].status, result.total("buckets"), result.total("rejected")) == ("read", 0, 0)
