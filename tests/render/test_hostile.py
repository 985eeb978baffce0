"""Customers are called whatever a client sent; none of it may reach a terminal, a page or a spreadsheet as a command."""

import csv
import io
import json
import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from tests.reporting import NOTHING, report_of

from llmcost.render.formats import FORMATS, render
from llmcost.render.markdown import escape
from llmcost.render.surface import Surface
from llmcost.render.visible import label, width
from llmcost.reports.record import Column, Fact, Row, Sheet, Study

_ANSI = "\x1b[31mred\x1b[0m"
_TITLE = "\x1b]0;owned\x07"
_BIDI = "abc\u202egpj.exe"
_NAMES = (
    _ANSI,
    _TITLE,
    _BIDI,
    "zero\u200bwidth",
    "c1\x9b31m",
    "line\nbreak\r\tand tab",
    "line\u2028separator",
    "[bold red]markup[/bold red]",
    "<script>alert(1)</script>",
    "a|b",
    "`code` *star* _under_ [x](http://evil.example)",
    "@everyone",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "\t=1+1",
    "\N{FULLWIDTH EQUALS SIGN}1",
    'quote " and, comma',
    "(other)",
    "(unattributed)",
    "",
    "顧客 株式会社",
    "🎉 party",
)
_COLUMNS = (
    Column(name="customer_id", title="Customer", kind="text", role="key"),
    Column(name="cost", title="Cost", kind="money", role="metric"),
    Column(name="unpriced_requests", title="Unpriced", kind="count", role="metric"),
)


@pytest.fixture
def report():
    rows = (
        *(Row(cells=(name, Decimal(1), 0)) for name in _NAMES),
        Row(cells=(None, Decimal(1), 0)),
        Row(cells=(None, Decimal(1), 0), other=True),
    )
    return report_of(
        _COLUMNS,
        rows,
        (None, Decimal(len(rows)), 0),
        title="Cost by \x1b[31mtag",
        by=("customer_id",),
        shown=("customer_id", "cost"),
        coverage=replace(NOTHING, requests=30, unpriced_requests=2, unpriced_models=((_ANSI, 1), (_BIDI, 1))),
    )


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("surface", [Surface(), Surface(width=80, color=True)])
def test_no_format_lets_a_hidden_character_through(report, format_name, surface):
    text = render(report, format_name, surface)

    drawn = re.sub(r"\x1b\[[01]m", "", text)  # bold, which is ours
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", drawn)


@pytest.fixture
def study(report):
    return Study(
        name="concentration",
        title="Concentration",
        sheets=(
            Sheet(
                name="top",
                title=_BIDI,
                columns=(*_COLUMNS[:2], Column(name="reading", title=_ANSI, kind="text", role="key")),
                rows=tuple((name, Decimal(1), name) for name in _NAMES),
            ),
        ),
        base=report,
        facts=(Fact(name="largest", title=f"Share of {_TITLE}", kind="percent", value=0.5),),
        notes=(_TITLE,),
    )


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("surface", [Surface(), Surface(width=80, color=True)])
def test_no_format_of_a_study_lets_a_hidden_character_through(study, format_name, surface):
    text = render(study, format_name, surface)

    drawn = re.sub(r"\x1b\[[01]m", "", text)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", drawn)


def test_the_csv_of_a_study_has_no_formula(study):
    records = list(csv.reader(io.StringIO(render(study, "csv", Surface()), newline="")))

    assert len(records) == len(_NAMES) + 1
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for record in records for cell in record)


def test_the_markdown_of_a_study_has_no_markup_of_others(study):
    text = render(study, "markdown", Surface())

    assert "<script>" not in text
    table = next(part for part in text.split("\n\n") if part.startswith("|"))
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()} == {4}


class _Tags(HTMLParser):
    """The elements of a page with the names of their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.add((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("name", ["report", "study"])
def test_a_page_shows_names_and_does_nothing_they_say(request, name):
    document = request.getfixturevalue(name)

    text = render(document, "html", Surface())

    page = _Tags(text)
    assert text.count("<script>") == 1
    assert "<script>alert(1)</script>" in page.text
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text)
    assert {element for element, _ in page.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "div", "header", "h1", "p", "main", "section", "h2", "dl"),
        *("dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "footer", "script"),
    }
    assert not any(attribute.startswith("on") for _, attributes in page.elements for attribute in attributes)


def test_hidden_characters_are_shown_as_escapes():
    assert label(_ANSI) == r"\x1b[31mred\x1b[0m"
    assert label(_BIDI) == r"abc\u202egpj.exe"
    assert label("a\nb") == r"a\nb"
    assert label("é 顧客 🎉") == "é 顧客 🎉"


def test_a_table_shows_markup_as_it_is_and_one_line_per_row(report):
    text = render(report, "table", Surface())

    assert "[bold red]markup[/bold red]" in text
    assert len(text.split("\n\n")[0].splitlines()) == len(_NAMES) + 4


def test_a_terminal_shows_markup_as_it_is(report):
    assert "[bold red]markup[/bold red]" in render(report, "table", Surface(width=120))


def test_names_we_give_rows_cannot_be_taken_by_a_customer(report):
    lines = render(report, "table", Surface()).splitlines()

    assert sum(line.startswith("(other)") for line in lines) == 1
    assert sum(line.startswith('"(other)"') for line in lines) == 1
    assert sum(line.startswith('""') for line in lines) == 1


def test_columns_line_up_under_wide_characters(report):
    lines = render(report, "table", Surface()).split("\n\n")[0].splitlines()

    assert len({width(line) for line in lines}) == 1


def test_json_gives_back_the_exact_names(report):
    rows = json.loads(render(report, "json", Surface()))["rows"]

    assert [row["customer_id"] for row in rows] == [*_NAMES, None, None]
    assert [row.get("other", False) for row in rows][-2:] == [False, True]


def test_csv_has_no_formula_and_one_record_per_row(report):
    records = list(csv.reader(io.StringIO(render(report, "csv", Surface()), newline="")))

    names = [record[0] for record in records[1:]]
    assert len(records) == len(_NAMES) + 3
    assert not any(name.startswith(("=", "+", "-", "@", "\t", "\r", "\N{FULLWIDTH EQUALS SIGN}")) for name in names)
    assert "'=cmd|' /C calc'!A0" in names
    assert "'\\t=1+1" in names
    assert 'quote " and, comma' in names
    assert {record[1] for record in records[1:]} == {"1.00"}


def test_csv_numbers_may_be_negative(report):
    column = Column(name="cost_change", title="Change", kind="money", role="change")
    negative = replace(
        report,
        columns=(*_COLUMNS, column),
        rows=(Row(cells=("acme", Decimal(1), 0, Decimal("-2.5"))),),
        totals=(None, Decimal(1), 0, Decimal("-2.5")),
    )

    assert render(negative, "csv", Surface()).splitlines()[1] == "acme,1.00,0,-2.50"


def test_markdown_rows_have_as_many_cells_as_the_heading(report):
    table = render(report, "markdown", Surface()).split("\n\n")[0].splitlines()

    assert len(table) == len(_NAMES) + 5
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain-name.v2", "plain-name.v2"),
        ("a|b", r"a\|b"),
        ("<b>", "&lt;b&gt;"),
        ("*x* _y_ `z`", r"\*x\* \_y\_ \`z\`"),
        ("@everyone", "`@everyone`"),
        ("http://evil.example", "`http://evil.example`"),
        ("`@x|", "`` `@x\\| ``"),
    ],
)
def test_markdown_is_escaped(text, expected):
    assert escape(text) == expected
