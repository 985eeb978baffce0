"""Every output, every dimension, every name nobody should have: nothing is obeyed, nothing is lost.

Excel is in test_excel.py, OpenMetrics in test_openmetrics.py; FOCUS and OTLP are in tests/exports.
"""

import csv
import io
import json
import re
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser

import duckdb
import pytest
from tests import hostile
from tests.exporting import chosen, question
from tests.ingesting import memory_ledger

from llmcost.compose.dashboards._asking import Wanted
from llmcost.compose.dashboards._registry import dashboard, dashboard_names
from llmcost.config.settings import Settings
from llmcost.ledger.exports import export_requests, request_rows
from llmcost.render.dashboards import render_dashboard
from llmcost.render.formats import render, render_file
from llmcost.render.rows_csv import rows_csv
from llmcost.render.surface import Surface
from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question

NAMES = set(hostile.NAMES.values())
KEYS = (*hostile.DIMENSIONS, "label")


def _read(path):
    with duckdb.connect() as connection:
        rows = connection.execute("select * from read_parquet($path)", {"path": str(path)})
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


@pytest.fixture(scope="module")
def filled():
    with memory_ledger() as ledger:
        hostile.fill(ledger)
        yield ledger


@pytest.fixture(scope="module")
def report(filled):
    """A report in which every name stands in every dimension, and in a tag."""
    return cost_by(filled, question(by=KEYS))


@pytest.mark.parametrize("dimension", ["customer_id", "model", "label"])
@pytest.mark.parametrize("surface", [Surface(), Surface(width=80, color=True)], ids=["pipe", "terminal"])
def test_a_terminal_is_not_commanded(filled, dimension, surface):
    text = render(cost_by(filled, question(by=(dimension,))), "table", surface)

    assert not hostile.COMMANDS.search(re.sub(r"\x1b\[[01]m", "", text))  # bold, which is ours
    assert "[bold red]" in text


def test_a_sentence_shows_the_edges_of_a_long_name():
    """40 kB of a customer, and of a model without a price, are no hint and no note."""
    name = "a" * 39 + "b" * 40_000 + "c" * 19
    with memory_ledger() as ledger:
        hostile.fill(ledger)
        # One of them is enough, as a call whose model has no price.
        ledger.execute("delete from request where customer_id <> '-0'")
        ledger.execute(
            "update request set customer_id = $name, model = $name, cost_status = 'unpriced', cost = null",
            {"name": name},
        )
        found = cost_by(ledger, question(where=["customer_id=nobody"]))
        text = render(cost_by(ledger, question()), "table", Surface())

    short = f"{'a' * 39}b…b{'c' * 19}"
    assert f"no customer_id is 'nobody'; there are {short}" in found.notes
    assert f"unpriced and in no sum of cost: {short} (1)." in text


def test_a_table_of_every_dimension_is_one_line_a_row_in_a_pipe(report):
    text = render(report, "table", Surface())

    assert not hostile.COMMANDS.search(text)
    assert len(text.split("\n\n")[0].splitlines()) == len(NAMES) + 2


def test_csv_has_a_row_for_each_name_and_no_formula(report):
    records = list(csv.reader(io.StringIO(render(report, "csv", Surface()), newline="")))

    assert len(records) == len(NAMES) + 1
    assert len({len(record) for record in records}) == 1
    cells = [cell for record in records for cell in record]
    assert not any(hostile.FORMULA.search(cell) or hostile.COMMANDS.search(cell) for cell in cells)


def test_markdown_has_a_row_for_each_name_and_no_html(report):
    table = render(report, "markdown", Surface()).split("\n\n")[0].splitlines()

    assert len(table) == len(NAMES) + 3
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1
    # What stands between backticks is code, where GitHub obeys nothing.
    drawn = [re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line) for line in table]
    assert not any("<" in line or "](http" in re.sub(r"\\.", "", line) for line in drawn)
    assert not any(hostile.COMMANDS.search(line) for line in table)


def test_json_gives_the_names_back_and_shows_none_raw(report):
    text = render(report, "json", Surface())

    assert not hostile.COMMANDS.search(text)
    rows = json.loads(text)["rows"]
    for key in KEYS:
        assert {row[key] for row in rows} == NAMES


def test_parquet_gives_the_names_and_the_sums_back(report, tmp_path):
    render_file(report, "parquet", tmp_path / "report.parquet")

    found = _read(tmp_path / "report.parquet")
    for key in KEYS:
        assert {row[key] for row in found} == NAMES
    assert (sum(row["cost"] for row in found), sum(row["requests"] for row in found)) == (len(NAMES), len(NAMES))


@pytest.mark.parametrize("shape", ["native", "requests_v1"])
def test_files_of_requests_give_every_name_back(filled, tmp_path, shape):
    columns = [name for name in hostile.DIMENSIONS if shape == "requests_v1" or name not in {"model", "source"}]
    for file_format in ("parquet", "csv", "jsonl"):
        assert export_requests(filled, chosen(filled), tmp_path / "out", file_format, shape) == len(NAMES)
        if file_format == "parquet":
            records = _read(tmp_path / "out")
        elif file_format == "csv":
            with (tmp_path / "out").open(newline="", encoding="utf-8") as source:
                records = list(csv.DictReader(source))
        else:
            text = (tmp_path / "out").read_text("utf-8")
            assert not re.search(r"[\x00-\x09\x0b-\x1f]", text)
            records = [json.loads(line) for line in text.split("\n")[:-1]]
        assert len(records) == len(NAMES)
        for name in columns:
            assert {record[name] for record in records} == NAMES, (file_format, name)


@pytest.mark.parametrize("shape", ["native", "requests_v1"])
def test_safe_csv_of_requests_has_no_formula_and_nothing_hidden(filled, tmp_path, shape):
    names, rows = request_rows(filled, chosen(filled), shape)
    assert rows_csv(names, rows, tmp_path / "out.csv") == len(NAMES)

    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as source:
        records = list(csv.reader(source))
    assert len(records) == len(NAMES) + 1
    assert {len(record) for record in records} == {len(names)}
    for record in records:
        assert not any(hostile.FORMULA.search(cell) or hostile.COMMANDS.search(cell) for cell in record)
    tags = [json.loads(record[names.index("tags")]) for record in records[1:]]
    assert {tag["label"] for tag in tags} == NAMES


class _Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = Counter()
        self.handlers = set()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.handlers |= {name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}}


@pytest.mark.parametrize("name", dashboard_names())
def test_a_page_has_no_element_of_a_name(filled, name):
    board = dashboard(
        filled, name, Wanted(question=Question(), settings=Settings(), now=datetime(2026, 11, 21, tzinfo=UTC))
    )
    page = render_dashboard(board, "html", Surface())
    elements = _Elements()
    elements.feed(page)

    assert (elements.tags["script"], elements.tags["img"], elements.handlers) == (1, 0, set())
    assert not hostile.COMMANDS.search(page)
