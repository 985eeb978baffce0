"""Dashboards as people get them: inert whatever customers are called, whole numbers at any width, nothing loaded."""

import hashlib
import json
import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ingesting import native, read, write

from llmcost.compose.dashboards._asking import Wanted
from llmcost.compose.dashboards._registry import dashboard, dashboard_names
from llmcost.config.settings import Settings
from llmcost.ledger import database
from llmcost.render.charts import ticks
from llmcost.render.dashboard_series import day_of
from llmcost.render.dashboards import render_dashboard
from llmcost.render.marks import bar, line, meter
from llmcost.render.markup import Markup, joined, tag
from llmcost.render.surface import Surface
from llmcost.render.visible import shortened, width
from llmcost.reports.dashboard import Expected, Panel
from llmcost.reports.question import Question
from llmcost.reports.record import Column

_ATTACKS = (
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "</title></svg><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "<!-- ",
    "]]>",
    "=cmd|' /C calc'!A0",
    "+1",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;owned\x07",
    "\x9b2J",
    "abc\u202egpj.exe",
    "zero\u200bwidth",
    "line\nbreak\r\tand\u2028tab",
    "[bold red]markup[/bold red]",
    "[link=https://example.org]x[/link]",
    "(other)",
    "x" * 300,
    "顧客 🎉",
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class _Elements(HTMLParser):
    """What a page is made of."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags = Counter()
        self.attributes = set()
        self.urls = []
        self.open = []
        self.inside = {"style": "", "script": ""}
        self.metas = {}
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        self.urls += [value for name, value in attrs if name in {"src", "href", "action", "style", "xlink:href"}]
        if tag == "meta":
            found = dict(attrs)
            self.metas[found.get("http-equiv") or found.get("name")] = found.get("content")
        else:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in self.inside:
            self.inside[self.open[-1]] += data
        else:
            self.text += data


def _parsed(page):
    elements = _Elements()
    elements.feed(page)
    elements.close()
    assert elements.open == []
    return elements


def _lines(names):
    for number in range(len(names) * 6):
        name = names[number % len(names)]
        yield native(
            timestamp=f"2026-{10 + number % 2}-{1 + number % 19:02}T08:00:00Z",
            request_id=f"request-{number}",
            provider="openai",
            model="gpt-4o" if number % 3 else name,
            input_tokens=1_000_000 + 10_000 * (number % len(names)),
            latency_ms=500,
            **dict.fromkeys(("customer_id", "user_id", "team", "feature", "environment", "plan", "endpoint"), name),
        )


def _board(path, name):
    with database.reading(path) as ledger:
        wanted = Wanted(question=Question(), settings=Settings(), now=datetime(2026, 11, 21, tzinfo=UTC))
        return dashboard(ledger, name, wanted)


@pytest.fixture(scope="module")
def boards(tmp_path_factory):
    """Every dashboard of a ledger in which every name is an attack, and of one in which none is."""
    folder = tmp_path_factory.mktemp("boards")
    found = {}
    for kind, names in (("hostile", _ATTACKS), ("benign", [f"name-{place:02}" for place in range(len(_ATTACKS))])):
        read(folder / f"{kind}.duckdb", write(folder / f"{kind}.jsonl", _lines(names)))
        for name in dashboard_names():
            found[kind, name] = _board(folder / f"{kind}.duckdb", name)
    return found


@pytest.mark.parametrize("name", dashboard_names())
def test_names_add_no_element_and_no_attribute_to_a_page(boards, name):
    hostile, benign = (
        _parsed(render_dashboard(boards[kind, name], "html", Surface())) for kind in ("hostile", "benign")
    )

    assert hostile.tags == benign.tags
    assert hostile.attributes == benign.attributes
    assert hostile.inside == benign.inside
    assert "</script><script>alert(1)</script>" in hostile.text
    assert not _CONTROL.search(hostile.text)


@pytest.mark.parametrize("name", dashboard_names())
def test_a_page_loads_nothing_and_allows_only_its_own_style_and_script(boards, name):
    page = render_dashboard(boards["benign", name], "html", Surface())
    elements = _parsed(page)

    assert elements.urls == []
    assert not {one for one in elements.attributes if one.startswith("on")}
    assert not set(elements.tags) & {"img", "link", "iframe", "object", "base", "form", "a", "image", "use"}
    assert (elements.tags["style"], elements.tags["script"]) == (1, 1)
    allowed = {
        kind: b64encode(hashlib.sha256(elements.inside[kind].encode()).digest()).decode()
        for kind in ("style", "script")
    }
    assert elements.metas["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{allowed['style']}'; script-src 'sha256-{allowed['script']}';"
        " base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in elements.inside["style"]
    assert "@import" not in elements.inside["style"]


@pytest.mark.parametrize("name", dashboard_names())
def test_everybody_can_find_their_way_on_a_page(boards, name):
    page = render_dashboard(boards["benign", name], "html", Surface())
    elements = _parsed(page)

    assert '<html lang="en">' in page
    assert [elements.tags[one] for one in ("main", "header", "footer", "h1")] == [1, 1, 1, 1]
    assert elements.tags["caption"] == elements.tags["table"] > 3
    assert page.count('role="img"') == page.count("<desc ")
    assert len(re.findall(r"<th(?![a-z])", page)) == page.count("scope=")
    identities = re.findall(r' id="([^"]+)"', page)
    assert len(identities) == len(set(identities))
    for names in re.findall(r'aria-labelledby="([^"]+)"', page):
        assert set(names.split()) <= set(identities)


@pytest.mark.parametrize("name", dashboard_names())
@pytest.mark.parametrize("columns", [None, 80, 160])
def test_names_never_command_a_terminal(boards, name, columns):
    text = render_dashboard(boards["hostile", name], "table", Surface(width=columns, color=columns == 160))

    assert not _CONTROL.search(re.sub(r"\x1b\[[01]m", "", text))
    if columns is None:
        assert "\x1b" not in text
    assert "[bold red]markup[/bold red]" in text
    assert r"abc\u202egpj.exe" in text


@pytest.mark.parametrize("name", dashboard_names())
@pytest.mark.parametrize("columns", [60, 80, 160])
def test_a_terminal_shows_whole_numbers_within_its_width(boards, name, columns):
    plain = render_dashboard(boards["benign", name], "table", Surface())
    text = re.sub(r"\x1b\[[01]m", "", render_dashboard(boards["benign", name], "table", Surface(width=columns)))

    assert max(map(width, text.splitlines())) <= columns
    numbers = set(re.findall(r"(?<![\w-])[$]?\d[\d,.]*%?", plain))
    for number in re.findall(r"(?<![\w-])[$]?\d[\d,.]*%?", text):
        assert number in numbers or number.rstrip(".,") in {str(columns), *(one.rstrip(".,") for one in numbers)}


def test_a_pipe_gets_no_bars(boards):
    text = render_dashboard(boards["benign", "engineering"], "table", Surface())

    assert not re.search("[\u2581-\u2593]", text)


def test_a_terminal_without_unicode_gets_other_bars(boards):
    text = render_dashboard(boards["benign", "exec"], "table", Surface(width=100), unicode=False)

    assert not re.search("[\u2581-\u2593]", text)
    assert "####" in text


@pytest.mark.parametrize("name", dashboard_names())
def test_json_gives_back_the_exact_names(boards, name):
    document = json.loads(render_dashboard(boards["hostile", name], "json", Surface()))

    assert document["schema"] == "llmcost/dashboard/1"
    assert document["dashboard"] == name
    found = {value for panel in document["panels"] for row in panel["rows"] for value in row.values()}
    assert "</script><script>alert(1)</script>" in found or name != "engineering"


def test_text_is_safe_where_it_enters():
    assert tag("p", "<b>", title='"&') == '<p title="&quot;&amp;">&lt;b&gt;</p>'
    assert (
        tag("svg", tag("rect", x=1.5), None, class_="a", hidden=True, id=None)
        == '<svg class="a" hidden><rect x="1.5"></rect></svg>'
    )
    assert joined(Markup("<i></i>"), "&", between=", ") == "<i></i>, &amp;"
    assert tag("p", "a\x1b[2J\u202e") == r"<p>a\x1b[2J\u202e</p>"


def test_bars_show_anything_above_nothing():
    assert bar(1, 10) == "█" * 10
    assert bar(0.5, 10) == "█" * 5
    assert bar(0.0001, 10) == "▏"
    assert (bar(0, 10), bar(None, 10)) == ("", "")
    assert bar(7, 10) == "█" * 10
    assert bar(0.01, 10, unicode=False) == "#"
    assert meter(0.5, 10, target=0.7) == "█████░░│░░"
    assert meter(2, 4) == "████"
    assert meter(None, 4, unicode=False) == "...."


def test_lines_begin_at_nothing():
    assert line([0, 4, 8]) == "▁▅█"
    assert line([1, None, 1], most=8) == "▂ ▂"
    assert line([0, 0]) == "▁▁"


@pytest.mark.parametrize(
    ("most", "expected"),
    [(0, [0, 1]), (1, [0, 0.25, 0.5, 0.75, 1]), (158.67, [0, 50, 100, 150, 200]), (0.7, [0, 0.2, 0.4, 0.6, 0.8])],
)
def test_scales_have_steps_people_count_in(most, expected):
    assert ticks(most) == pytest.approx(expected)


@given(st.floats(1e-9, 1e12), st.booleans())
def test_scales_reach_the_largest_value_in_a_few_even_steps(most, whole):
    steps = ticks(most, whole=whole)

    assert steps[0] == 0
    assert steps[-1] >= most * 0.998
    assert 2 <= len(steps) <= 6
    assert steps == pytest.approx([steps[1] * place for place in range(len(steps))])
    assert not whole or all(step == int(step) for step in steps)


def test_scales_of_counts_are_whole():
    assert ticks(3, whole=True) == [0, 1, 2, 3]
    assert ticks(15, whole=True) == [0, 5, 10, 15]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-W01", datetime(2025, 12, 29, tzinfo=UTC)),
        ("2026-11", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-Q4", datetime(2026, 10, 1, tzinfo=UTC)),
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_spans_of_time_begin_on_their_first_day(key, expected):
    assert day_of(key) == expected.toordinal()


def test_long_names_keep_both_ends():
    assert shortened("customer", 8) == "customer"
    text = shortened("a" * 100 + "b" * 100, 72)
    assert width(text) <= 72
    assert (text[0], text[-1]) == ("a", "b")
    assert width(shortened("顧" * 100, 40)) <= 40


def test_what_could_be_saved_together_is_written_as_the_amounts_above_it(boards):
    together = Expected(low=Decimal("1033.205"), mid=Decimal("1056.53"), high=Decimal("1068.7"), currency="USD")
    panel = Panel(id="savings", title="Possible savings", kind="bars", measure="net", columns=_SAVED, together=together)
    board = replace(next(iter(boards.values())), panels=(panel,))

    for form in ("table", "html"):
        assert "Together about $1,056.53, between $1,033.20 and $1,068.70." in render_dashboard(board, form, Surface())


_SAVED = (
    Column(name="finding", title="Finding", kind="text", role="key"),
    Column(name="net", title="Could be saved", kind="money", role="metric"),
)
