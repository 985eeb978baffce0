"""The bytes of every format over the hand-made ledger; a reviewer sees a csv as a csv."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from llmcost.domain.period import parse_period, time_zone
from llmcost.render.formats import Format, render
from llmcost.render.surface import Surface
from llmcost.reports.cost_by import cost_by
from llmcost.reports.overview import overview
from llmcost.reports.question import Question

_GOLDEN = Path(__file__).parent / "golden"
_BY_CUSTOMER = Question(by=("customer_id",))
_BY_DAY = Question(
    by=("day", "model"), zone=time_zone("Europe/Berlin"), top=1, metrics=("cost_per_request", "requests")
)


@pytest.mark.parametrize("suffix", ["txt", "json", "csv", "md"])
@pytest.mark.parametrize(("name", "question"), [("by-customer", _BY_CUSTOMER), ("by-day-and-top-model", _BY_DAY)])
def test_a_report_is_the_same_bytes_every_time(small, name, question, suffix):
    report = cost_by(small, question)
    formats: dict[str, Format] = {"txt": "table", "json": "json", "csv": "csv", "md": "markdown"}

    text = render(report, formats[suffix], Surface())

    assert (_GOLDEN / f"{name}.{suffix}").read_bytes().decode() == text


@pytest.mark.parametrize("columns", [50, 80, 160])
def test_a_terminal_gets_a_table_that_fits(small, columns):
    text = render(cost_by(small, _BY_CUSTOMER), "table", Surface(width=columns))

    assert (_GOLDEN / f"by-customer-{columns}-columns.txt").read_text(encoding="utf-8") == text
    assert all(len(line) <= columns for line in text.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines())


def test_a_terminal_leaves_out_columns_nobody_asked_for_before_a_comparison(small):
    second = parse_period("2026-11-02", datetime(2026, 11, 21, tzinfo=UTC), UTC)
    question = Question(by=("customer_id",), period=second, compare=True)
    text = render(cost_by(small, question), "table", Surface(width=60))

    shown, _, hidden = text.partition("Not shown at 60 columns: ")
    assert {"Input", "Output"} <= set(hidden.splitlines()[0].rstrip(".").split(", "))
    assert all(word in shown for word in ("Previous", "Change", "%"))
    assert "-$12.50" in shown


@pytest.mark.parametrize(("suffix", "format_name"), [("txt", "table"), ("md", "markdown"), ("json", "json")])
def test_the_overview_is_the_total_with_its_parts(small, suffix, format_name):
    text = render(overview(small, Question()), format_name, Surface())

    assert (_GOLDEN / f"overview.{suffix}").read_text(encoding="utf-8") == text
