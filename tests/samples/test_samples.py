"""Real and published records of other projects, read in place: their rows and costs as worked out by hand.

A row is (id, part, uncached input, cache read, 5 m write, 1 h write, output text, reasoning). Costs are sums of count x
price in millionths of a dollar; each stands beside its case. Prices per million tokens, input / cache read / write / output.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.ingesting import query, read
from tests.once import made_once

AT = "2026-11-01 00:00:00"
USAGE = (
    "uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_text_tokens",
    "reasoning_tokens",
)  # fmt: skip

Row = tuple[Any, ...]

CASES: dict[str, tuple[list[Row], str | None]] = {
    "ccusage/fixtures__claude__projects__project-alpha__session-alpha__chat.jsonl": (
        [
            ("msg-alpha-1", 100, 10, 25, 0, 50, 0),
            ("msg-alpha-2", 200, 20, 50, 0, 75, 0),
            ("msg-alpha-3", 300, 40, 0, 0, 125, 0),
        ],
        # Sonnet 4 at 3/0.30/3.75/15: 300 + 3 + 93.75 + 750 = 1146.75; 900 + 12 + 1875 = 2787.
        # Opus 4 at 15/1.50/18.75/75: 3000 + 30 + 937.50 + 5625 = 9592.50 (it says `fast`, for which there is no price).
        "0.01352625",
    ),
    "ccusage/fixtures__claude__projects__project-beta__session-beta__chat.jsonl": (
        [("msg-beta-1", 50, 15, 5, 0, 25, 0), ("msg-beta-2", 80, 25, 10, 0, 35, 0)],
        # Haiku 4.5 at 1/0.10/1.25/5: 50 + 1.5 + 6.25 + 125 = 182.75; 80 + 2.5 + 12.5 + 175 = 270.
        "0.00045275",
    ),
    "ccusage/fixtures__codex__sessions__project-alpha__session-alpha.jsonl": (
        # 1000 in of which 250 cached, 125 out of which 75 reasoned; then the totals grow by 2500, 500, 300 and 200.
        [(None, 750, 250, 0, 0, 50, 75), (None, 2000, 500, 0, 0, 100, 200)],
        # GPT-5.2 and 5.3 Codex at 1.75/0.175/14: 1312.5 + 43.75 + 1750 = 3106.25; 3500 + 87.5 + 4200 = 7787.5.
        "0.01089375",
    ),
    # Two of its four lines are answers, of a model nobody names.
    "ccusage/test-transcript.jsonl": ([(None, 1000, 500, 100, 0, 50, 0), (None, 2000, 800, 200, 0, 100, 0)], None),
    "tokscale/claude_conversation.jsonl": (
        [("msg-002", 200, 50, 100, 0, 100, 0), ("msg-003", 150, 0, 0, 0, 80, 0)],
        # Sonnet 3.5 at 3/0.30/3.75/15: 600 + 15 + 375 + 1500 = 2490; 450 + 1200 = 1650.
        "0.00414",
    ),
    "litellm/spend_logs_payload.json": (
        [("chatcmpl-2283081b-dc89-41f6-93e6-d4f914774027", 10, 0, 0, 0, 20, 0)],
        "0.000225",  # GPT-4o at 2.50/10: 25 + 200
    ),
    "litellm/standard_logging_payload.json": (
        [("chatcmpl-2299b6a2-82a3-465a-b47c-04e685a2227f", 10, 0, 0, 0, 20, 0)],
        "0.000225",
    ),
    # No model in the example, so no cost; the gateway says 0.0023.
    "truefoundry/spans_query_response.json": ([("...:...", 150, 0, 0, 0, 80, 0)], None),
    "openai_openapi/batch_output_line.jsonl": (
        [("chatcmpl-9758Iw", 24, 0, 0, 0, 15, 0)],
        "0.0000063",  # GPT-4o mini at 0.15/0.60, halved: (3.6 + 9) / 2
    ),
    "openai_openapi/get_chat_completions__0.json": (
        [("chatcmpl-AyPNinnUqUDYo9SAdA52NobMflmj2", 13, 0, 0, 0, 18, 0)],
        "0.0003025",  # GPT-5.4 at 2.50/15: 32.5 + 270
    ),
    "openai_openapi/post_chat_completions__default.json": (
        [("chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", 19, 0, 0, 0, 10, 0)],
        "0.0001975",  # 47.5 + 150
    ),
    "openai_openapi/post_chat_completions__functions.json": (
        [("chatcmpl-abc123", 82, 0, 0, 0, 17, 0)],
        "0.0000225",  # 12.3 + 10.2
    ),
    "openai_openapi/post_chat_completions__image_input.json": (
        [("chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG", 1117, 0, 0, 0, 46, 0)],
        "0.0034825",  # 2792.5 + 690
    ),
    "openai_openapi/post_chat_completions__logprobs.json": (
        [("chatcmpl-123", 9, 0, 0, 0, 9, 0)],
        "0.00000675",  # 1.35 + 5.4
    ),
    "openai_openapi/schema_CreateChatCompletionResponse.json": (
        [("chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG", 1117, 0, 0, 0, 46, 0)],
        "0.0032525",  # GPT-4o: 2792.5 + 460
    ),
    "openai_openapi/get_responses_response_id__0.json": (
        [("resp_67cb71b351908190a308f3859487620d06981a8637e6bc44", 32, 0, 0, 0, 18, 0)],
        "0.00026",  # 80 + 180
    ),
    "openai_openapi/post_responses__file_input.json": (
        [("resp_686eef60237881a2bd1180bb8b13de430e34c516d176ff86", 8438, 0, 0, 0, 398, 0)],
        "0.027065",  # 21095 + 5970
    ),
    "openai_openapi/post_responses__functions.json": (
        [("resp_67ca09c5efe0819096d0511c92b8c890096610f474011cc0", 291, 0, 0, 0, 23, 0)],
        "0.0010725",  # 727.5 + 345
    ),
    "openai_openapi/post_responses__image_input.json": (
        [("resp_67ccd3a9da748190baa7f1570fe91ac604becb25c45c1d41", 328, 0, 0, 0, 52, 0)],
        "0.0016",  # 820 + 780
    ),
    "openai_openapi/post_responses__reasoning.json": (
        [("resp_67ccd7eca01881908ff0b5146584e408072912b2993db808", 81, 0, 0, 0, 1035 - 832, 832)],
        "0.063315",  # o1 at 15/60: 1215 + 62100
    ),
    "openai_openapi/post_responses__text_input.json": (
        [("resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b", 36, 0, 0, 0, 87, 0)],
        "0.001395",  # 90 + 1305
    ),
    "openai_openapi/post_responses__web_search.json": (
        [("resp_67ccf18ef5fc8190b16dbee19bc54e5f087bb177ab789d5c", 328, 0, 0, 0, 356, 0)],
        "0.01616",  # 820 + 5340, and one search at 0.01
    ),
    # Cancelled before it used anything that is told.
    "openai_openapi/post_responses_response_id_cancel__0.json": (
        [("resp_67cb71b351908190a308f3859487620d06981a8637e6bc44", None, None, None, None, None, None)],
        None,
    ),
    "openinference/anthropic_thinking-non-streaming.json": (
        [("msg_01Anxf2S9gcewexr8M23HfZW", 52, 0, 0, 0, 221 - 65, 65)],
        "0.003471",  # Sonnet 4.6 at 3/15: 156 + 3315
    ),
    # GPT-4 at 30/60: 2910 + 3120.
    **{
        f"openinference/{name}.json": ([(None, 97, 0, 0, 0, 52, 0)], "0.00603")
        for name in (
            "openinference_client_span_input_output_only",
            "openinference_client_span_tool_calls",
            "otel_genai_client_span_tool_calls",
            "otel_genai_deprecated_client_span_tool_calls",
        )
    },
    "openinference/otel_genai_tool_execution_span.json": ([], None),
    # Recordings of bodies alone: what was asked for stands in an address that names no model we could take from it.
    "openinference/bedrock_rec_should-comprehensively-test-all-token-count-types.json": (
        [(None, 57, 0, 0, 0, 100, 0)] * 3,
        None,
    ),
    "openinference/bedrock_rec_should-handle-amazon-nova-models.json": ([(None, 454, 0, 0, 0, 75, 0)], None),
    "openinference/bedrock_rec_should-handle-missing-token-counts-gracefully.json": (
        [("msg_bdrk_01WnczgPLNeFxGoqRLQnmKQR", None, None, None, None, None, None)],
        None,
    ),
    "tokscale/opencode_msg_test001.json": (
        [("msg_test001", 1000, 200, 100, 0, 500, 0)],
        "0.010935",  # Sonnet 3.5 at 3/0.30/3.75/15: 3000 + 60 + 375 + 7500
    ),
    "doc_examples/envoy_ai_gateway_access_log.json": (
        [("83b63da3-45a9-4196-98b8-1a7f697d6d8d", 15, 0, 0, 0, 7, 0)],
        "0.00000645",  # GPT-4o mini: 2.25 + 4.2
    ),
    "doc_examples/simonw_llm_logs_json.json": (
        [("01jm8ec74wxsdatyn5pq1fp0s5", 8, 0, 0, 0, 12, 0)],
        "0.000017",  # Haiku 3 at 0.25/1.25: 2 + 15
    ),
}


def _sample(samples: Path, name: str) -> Path:
    path = samples / name
    if not path.exists():
        pytest.skip(f"no sample {name}")
    return path


@cache
def _dealt() -> dict[str, int]:
    """The ledger of each case: as few as there can be where no two samples of one ledger may be of the same call."""
    held: list[set[Any]] = []
    dealt = {}
    for name, (wanted, _) in CASES.items():
        calls = {row[0] or row for row in wanted}
        number = next((number for number, others in enumerate(held) if not calls & others), len(held))
        held += [set()] if number == len(held) else []
        held[number] |= calls
        dealt[name] = number
    return dealt


def _together(samples: Path, number: int) -> Iterator[Path]:
    """The samples of one ledger that are here."""
    return (samples / name for name, its in _dealt().items() if its == number and (samples / name).exists())


@pytest.mark.parametrize("name", CASES)
def test_a_sample(name, samples, tmp_path_factory):
    wanted, cost = CASES[name]
    path = _sample(samples, name)
    number = _dealt()[name]
    ledger = made_once(
        tmp_path_factory,
        f"samples-{number}",
        lambda folder: read(folder / "ledger", *_together(samples, number), at=AT),
    )
    own = "from request join file using (file_id) where path = $path"
    columns = ", ".join(USAGE)
    found = query(
        ledger / "ledger",
        f"select request_id, {columns} {own} order by request.started_at, request_id, 2",
        path=str(path.resolve()),
    )
    assert found == wanted
    total = query(ledger / "ledger", f"select sum(request.cost) {own}", path=str(path.resolve()))
    assert total == [(None if cost is None else Decimal(cost),)]


def test_nothing_that_has_usage_and_a_time_is_rejected(samples, tmp_path):
    folders = [
        samples / name for name in ("ccusage", "codexbar", "tokscale", "litellm", "truefoundry", "openai_openapi")
    ]
    read(tmp_path / "ledger", *folders)
    kept = query(
        tmp_path / "ledger", "select file.path, line, reason from reject join file using (file_id) order by all"
    )
    names = [(path.rsplit("/", 1)[1], line) for path, line, _ in kept]
    # Answers without a time and lines without usage; a note that stands where a record should; a stream written as text.
    wanted = [
        *(("test-transcript.jsonl", line) for line in (1, 2, 3, 4)),
        *((f"post_audio_transcriptions__{name}.json", 1) for name in ("default", "diarization", "logprobs")),
        ("post_chat_completions__streaming.txt", 5),
    ]
    assert names == wanted


def test_the_same_calls_through_both_versions_of_a_gateways_api_are_eight(samples, tmp_path):
    for name, new in (("spend_logs_api_v1.json", 8), ("spend_logs_api_v2.json", 0)):
        assert read(tmp_path / "ledger", _sample(samples, f"litellm/{name}")).total("new") == new
    # Four of GPT-4o mini at 0.15/0.60, 10 in and 20 out: 1.5 + 12 each; four of Sonnet 4.5: 30 + 300 each.
    found = query(tmp_path / "ledger", "select count(*), sum(cost), sum(reported_cost) from request")
    assert found == [(8, Decimal("0.001374"), Decimal("0.001374"))]
    other = tmp_path / "other"
    assert [read(other, _sample(samples, f"litellm/spend_logs_api_v{n}.json")).total("new") for n in (2, 1)] == [3, 5]


@pytest.mark.parametrize("order", [("parent", "child"), ("child", "parent")])
def test_a_fork_counts_what_it_copied_once(samples, tmp_path, order):
    """The hand count beside these files: the family used 52,185,847 units of input + cached + output, not 100,916,095."""
    for name in order:
        read(
            tmp_path / "ledger",
            _sample(
                samples,
                f"codexbar/CostUsage__Issue2037__live-fork-4d90-52bf__codex-home__archived_sessions__{name}.jsonl",
            ),
        )
    units = "sum(uncached_input_tokens + 2 * cache_read_tokens + output_text_tokens + reasoning_tokens)::bigint"
    assert query(tmp_path / "ledger", f"select {units} from request") == [(52_185_847,)]


def test_a_parents_own_calls_come_to_its_last_total(samples, tmp_path):
    read(
        tmp_path / "ledger",
        _sample(
            samples, "codexbar/CostUsage__Issue2037__live-fork-4d90-52bf__codex-home__archived_sessions__parent.jsonl"
        ),
    )
    units = "sum(uncached_input_tokens + 2 * cache_read_tokens + output_text_tokens + reasoning_tokens)::bigint"
    assert query(tmp_path / "ledger", f"select {units} from request") == [(48_730_248,)]


def test_a_small_fork_adds_one_call(samples, tmp_path):
    folder = "codexbar/CostUsage__Issue2037__harness-smoke__codex-home__"
    paths = [
        _sample(samples, folder + name)
        for name in ("sessions__2026__07__11__parent.jsonl", "archived_sessions__child.jsonl")
    ]
    assert [read(tmp_path / "ledger", path).total("new") for path in paths] == [1, 1]
    # 10 in and 1 out, then 5 in and 1 out, of GPT-5.5 at 5/30: 50 + 30, 25 + 30.
    assert query(tmp_path / "ledger", "select sum(cost) from request") == [(Decimal("0.000135"),)]
