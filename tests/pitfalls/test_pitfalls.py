"""Twelve ways tools of this kind go wrong, each as a Claude Code log of its own, priced by hand.

`claude-sonnet-4-5-20250929` costs 3 USD per million input tokens, 15 for output, 3.75 and 6 for five-minute and one-hour
cache writes; above 200,000 prompt tokens the whole request costs 6 and 22.50. A batch is half, United States only is 1.1
times, ten web searches are 0.10.
"""

from datetime import UTC
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.ingesting import query, read

from llmcost.domain.period import Period
from llmcost.ledger import database
from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question

LOGS = Path(__file__).parent / "logs"

COSTS = {
    "a": "0.0180",  # three writings of one answer, 1, 9 and 1,000 tokens long: 1000 x 3 + 1000 x 15
    "b": "0.0135",  # one answer on three lines: 2000 x 3 + 500 x 15
    "c": "0.6000",  # 100,000 written to the cache for an hour: 100000 x 6
    "d": "0.0195",  # one answer in two sessions: 1500 x 3 + 1000 x 15
    "f": "1.8225",  # beyond 200,000 tokens everything is dearer: 300000 x 6 + 1000 x 22.50
    "g": "0.0090",  # one answer on three lines without requestId: 500 x 3 + 500 x 15
    "h": "0.0045",  # at 23:30 UTC: 500 x 3 + 200 x 15
    "i": "0.1045",  # the same with ten searches: 0.10 + 0.0045
    "j": "0.0225",  # a batch: (5000 x 3 + 2000 x 15) / 2
    "k": "0.0045",  # the last line is cut short: 500 x 3 + 200 x 15
    "l": "0.0495",  # in the United States: (5000 x 3 + 2000 x 15) x 1.1
}
"""USD by case; the products are millionths of a dollar. `e` has no price."""


@pytest.fixture(scope="module")
def all_cases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pitfalls")
    return read(folder / "ledger", LOGS), folder / "ledger"


def _report(ledger, *, by, zone=UTC):
    with database.reading(ledger) as connection:
        return cost_by(connection, Question(by=by, where=(), metrics=(), period=Period(), zone=zone))


@pytest.mark.parametrize("case", [*COSTS, "e"])
def test_a_case_is_one_call_at_its_price(case, all_cases):
    _, ledger = all_cases
    found = query(
        ledger, "select cost, cost_status from request where request_id = $id", id=f"msg_01Pitfall{case.upper()}"
    )
    assert found == [(None, "unpriced") if case == "e" else (Decimal(COSTS[case]), "priced")]


def test_the_total_and_what_it_leaves_out(all_cases):
    result, ledger = all_cases
    assert query(ledger, "select count(*), sum(cost), count(*) filter (cost is null) from request") == [
        (12, Decimal("2.6680"), 1)
    ]
    assert (result.total("conflicts"), result.total("rejected"), result.total("pending")) == (0, 0, 1)


def test_an_unknown_model_is_unpriced_and_named(all_cases):
    result, _ = all_cases
    assert result.summary is not None
    assert result.summary.unpriced_models == (("claude-imaginary-9", 1),)


def test_half_past_eleven_in_the_evening_utc_is_the_next_day_in_tokyo(tmp_path):
    read(tmp_path / "ledger", LOGS / "h.jsonl")
    days = {
        zone: [row.cells[0] for row in _report(tmp_path / "ledger", by=("day",), zone=tz).rows]
        for zone, tz in {"UTC": UTC, "Tokyo": ZoneInfo("Asia/Tokyo")}.items()
    }
    assert days == {"UTC": ["2026-03-02"], "Tokyo": ["2026-03-03"]}


def test_a_streamed_answer_keeps_its_first_time(all_cases):
    _, ledger = all_cases
    assert query(ledger, "select started_at::varchar from request where request_id = 'msg_01PitfallA'") == [
        ("2026-03-02 10:00:00",)
    ]


def test_a_line_cut_short_is_read_once_it_is_whole(tmp_path):
    path = tmp_path / "k.jsonl"
    content = (LOGS / "k.jsonl").read_text("utf-8")
    path.write_text(content)
    assert read(tmp_path / "ledger", path).files[0].status == "partial"
    whole = content.splitlines()[0]
    path.write_text(whole + "\n" + whole.replace("PitfallK", "PitfallKCut") + "\n")
    result = read(tmp_path / "ledger", path)
    assert (result.total("new"), result.total("known"), result.total("pending")) == (1, 1, 0)
