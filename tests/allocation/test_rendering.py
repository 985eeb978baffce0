"""What people and programs get: the same numbers everywhere, hostile names inert, nothing about us in what customers get."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from llmcost.allocation.chargeback import chargeback
from llmcost.allocation.closing import close
from llmcost.allocation.policy import StatementTerms
from llmcost.allocation.statement_terms import changed
from llmcost.allocation.tying import tied_to
from llmcost.allocation.usage import usage_statement
from llmcost.domain.errors import UsageError
from llmcost.render.chargeback import FORMATS, render_chargeback
from llmcost.render.statement import render_statement
from llmcost.render.surface import Surface
from llmcost.render.usage_statement import render_usage_statement

_HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;owned\x07",
    "abc\u202egpj.exe",
    "line\nbreak",
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "a|b",
    "`code` [x](http://evil.example)",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "[bold]markup[/bold]",
    "(unallocated)",
    "'; rm -rf / #",
)


@pytest.fixture
def shown(ledger, asked_of):
    """The chargeback of October by the rules of a text."""
    return lambda text="", **values: chargeback(ledger, None, asked_of(text, **values))


@pytest.fixture
def hostile(spend, shown):
    """A chargeback in which everybody and everything has a hostile name."""
    for place, name in enumerate(_HOSTILE):
        spend("2026-10-02", f"{place + 1}.00", team=name, feature=name, virtual_account="shared" if place % 2 else None)
    spend("2026-10-02", "5.00", feature="x")
    name = "".join(f"\\U{ord(character):08x}" for character in _HOSTILE[0])
    return shown(f'allocation: {{rules: [{{name: "{name}", where: virtual_account=shared, method: even}}]}}')


class _Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self):
        super().__init__()
        self.tags = set()
        self.attributes = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def _all(found, format_name):
    owners = list(dict.fromkeys(line.owner for line in found.allocation.lines))
    return [
        render_chargeback(found, format_name, Surface()),
        *(render_statement(found, owner, format_name, Surface()) for owner in owners),
    ]


@pytest.mark.parametrize("format_name", FORMATS)
def test_hostile_names_command_nothing(hostile, format_name):
    for text in _all(hostile, format_name):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text.replace("\r\n", "\n"))
        if format_name == "html":
            page = _Page()
            page.feed(text)
            assert not page.tags & {"script", "img", "a", "iframe", "object"}
            assert not any(name.startswith("on") for name in page.attributes)
            assert "default-src 'none'" in text
        if format_name == "markdown":
            page = _Page()
            page.feed(MarkdownIt("commonmark").enable("table").render(text))
            assert not page.tags & {"script", "img", "a", "style"}
            # An unescaped bar would open another column.
            for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
                assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
        if format_name == "csv":
            for row in csv.reader(io.StringIO(text)):
                assert not any(cell.startswith(("=", "@", "+", "\t")) for cell in row)


def test_the_name_of_nobody_cannot_be_taken(hostile):
    text = render_chargeback(hostile, "table", Surface())
    assert re.search(r'^"\(unallocated\)" ', text, re.MULTILINE)
    assert re.search(r"^\(unallocated\) ", text, re.MULTILINE)


def test_json_csv_and_tables_have_the_same_amounts(hostile):
    shape = json.loads(render_chargeback(hostile, "json", Surface()))
    rows = list(csv.DictReader(io.StringIO(render_chargeback(hostile, "csv", Surface()))))
    assert [row["amount"] for row in rows] == [f"{float(line['amount']):.2f}" for line in shape["lines"]]
    assert shape["totals"]["amount"] == "96.00"
    table = render_chargeback(hostile, "table", Surface())
    for owner in shape["owners"]:
        assert f"${float(owner['amount']):.2f}" in table


def test_what_has_no_price_is_never_shown_as_nothing(spend, shown):
    spend("2026-10-02", None, team="lab")
    spend("2026-10-02", "1.00", team="chat")
    found = shown()
    assert re.search(r"^lab +unpriced +unpriced ", render_chargeback(found, "table", Surface()), re.MULTILINE)
    statement = json.loads(render_statement(found, "lab", "json", Surface()))
    assert statement["owner"]["amount"] is None
    assert statement["lines"][0]["cost"] is None
    rows = list(csv.DictReader(io.StringIO(render_statement(found, "lab", "csv", Surface()))))
    assert (rows[0]["amount"], rows[0]["cost"], rows[0]["unpriced_requests"]) == ("", "", "1")
    assert "1 of 1 request has no known price and is in no amount." in render_statement(
        found, "lab", "table", Surface()
    )


def test_where_there_is_little_room_rows_still_add_up_to_their_totals(spend, shown):
    spend("2026-10-02", "60.00", team="a-team-of-seventeen")
    spend("2026-10-02", "30.00", team="search", virtual_account="shared")
    spend("2026-10-02", None, team="search")
    spend("2026-10-02", "10.00")
    found = shown("allocation: {rules: [{name: gateway, where: virtual_account=shared, method: even}]}")

    text = re.sub(r"\x1b\[\d*m", "", render_chargeback(found, "table", Surface(width=60)))

    assert re.search(r"^Total +\$60.00 +\$30.00 +\$10.00 +\$100.00$", text, re.MULTILINE)
    assert "Not shown at 60 columns: Unpriced, Share." in text


@pytest.mark.parametrize("width", [60, 80, 160])
def test_no_number_is_cut_at_any_width(hostile, width):
    text = render_chargeback(hostile, "table", Surface(width=width))
    for owner in json.loads(render_chargeback(hostile, "json", Surface()))["owners"]:
        amount = re.escape(f"${float(owner['amount']):.2f}")
        assert re.search(rf"(?<![\d.]){amount}(?![\d.])", text)
    assert max(map(len, re.sub(r"\x1b\[\d*m", "", text).splitlines())) <= width


def test_a_command_is_never_broken(spend, shown):
    spend("2026-10-02", "1.00", team="a rather long name of a team, with a comma")
    text = render_statement(shown(), "a rather long name of a team, with a comma", "table", Surface(width=60))
    assert "llmcost report --where 'team=\"a rather long name of a team, with a comma\"' --period 2026-10" in text


_TERMS = """
allocation:
  by: customer_id
  rules: [{name: secret rule, where: virtual_account=shared, method: even}]
  statement:
    issuer: Shop GmbH
    by: feature
    columns: [requests, total_tokens]
    %s
    names: {chat: Support chat, rag: Search}
"""


@pytest.fixture
def used(spend, ledger, asked_of):
    """The usage statement of acme by the terms of a text."""
    spend("2026-10-02", "1.005", customer_id="acme", feature="chat", uncached_input_tokens=1_000_000, team="platform")
    spend("2026-10-03", "2.005", customer_id="acme", feature="rag", uncached_input_tokens=2_500_000)
    spend("2026-10-04", "0.50", customer_id="acme", feature="internal-eval", virtual_account="shared")
    spend("2026-10-04", None, customer_id="acme", feature="chat")
    spend("2026-10-04", "99", customer_id="globex", feature="chat")

    def run(terms="note: Thank you.", **values):
        asked = asked_of(_TERMS % terms, by="customer_id")
        return usage_statement(ledger, changed(asked, by=None, columns=(), markup=None, **values), "acme")

    return run


def test_a_usage_statement_has_no_amounts_unless_they_are_asked_for(used):
    found = used()
    assert found.amount is None
    text = render_usage_statement(found, "table", Surface())
    assert "$" not in text
    assert re.search(r"^Total +4 +3,500,000$", text, re.MULTILINE)


def test_a_statement_by_week_is_in_the_order_of_time(spend, ledger, asked_of):
    for day, requests in (("2026-10-12", 1), ("2026-10-05", 2), ("2026-10-19", 3)):
        for _ in range(requests):
            spend(day, "1.00", customer_id="acme")
    terms = "allocation: {by: customer_id, statement: {issuer: Shop GmbH, by: week, markup: 0%}}"
    found = usage_statement(ledger, asked_of(terms), "acme")

    # Mondays, of the weeks 41 to 43.
    assert [(line.name, str(line.amount)) for line in found.lines] == [
        ("2026-W41", "2.00"),
        ("2026-W42", "1.00"),
        ("2026-W43", "3.00"),
    ]


def test_amounts_are_cost_with_a_markup_and_add_up(used):
    found = used("markup: 20%")
    # 1.206, 2.406 and 0.60 are 4.212, so 4.21: chat and search both lose 0.6 of a cent, the larger gets the one there is.
    assert {line.name: str(line.amount) for line in found.lines} == {
        "Support chat": "1.20",
        "Search": "2.41",
        "Other usage": "0.60",
    }
    assert str(found.amount) == "4.21"
    assert "1 request is not priced yet and in no amount." in render_usage_statement(found, "markdown", Surface())


def test_amounts_may_be_at_prices_of_ones_own(used):
    found = used('prices: {total_tokens: {per: 1000000, price: "12.00"}, requests: {price: "0.01"}}')
    # chat: 1 million tokens and 2 requests; search: 2.5 million and 1; the rest: 1 request.
    assert {line.name: str(line.amount) for line in found.lines} == {
        "Search": "30.01",
        "Support chat": "12.02",
        "Other usage": "0.01",
    }
    assert found.unpriced_requests == 0


@pytest.mark.parametrize("format_name", FORMATS)
def test_nothing_in_a_usage_statement_says_how_we_run(used, format_name):
    text = render_usage_statement(used("markup: 20%"), format_name, Surface())
    for inside in ("secret rule", "platform", "internal-eval", "shared", "globex", "gpt-5", "openai", "markup", "cost"):
        assert inside not in text.lower().replace("llmcost/", ""), inside
    assert "llmcost report" not in text


def test_terms_of_the_command_line_take_the_place_of_the_files(asked_of):
    asked = asked_of(_TERMS % "markup: 20%", by="customer_id")
    terms = changed(asked, by="model", columns=("requests",), markup="5%").policy.statement
    assert (terms.by, terms.columns, str(terms.markup), terms.names) == ("model", ("requests",), "0.05", {})
    with pytest.raises(UsageError, match="'latency_p50' is no metric whose parts add up"):
        changed(asked, by=None, columns=("latency_p50",), markup=None)
    with pytest.raises(UsageError, match="cannot read --markup 'lots'"):
        changed(asked, by=None, columns=(), markup="lots")


def test_a_customer_without_requests_is_named_with_the_nearest(used, ledger, asked_of):
    used()
    with pytest.raises(UsageError, match="no request of 2026-10 has customer_id 'amce'") as error:
        usage_statement(ledger, asked_of(by="customer_id"), "amce")
    assert error.value.hint == "did you mean 'acme'?"


def test_a_hostile_customer_gets_a_harmless_statement(spend, ledger, asked_of):
    for name in _HOSTILE:
        spend("2026-10-02", "1.00", customer_id=name, model=name)
    for name in _HOSTILE:
        found = usage_statement(ledger, asked_of(by="customer_id"), name)
        assert found.terms == StatementTerms()
        for format_name in FORMATS:
            _check_harmless(render_usage_statement(found, format_name, Surface()), format_name)


def _check_harmless(text, format_name):
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text.replace("\r\n", "\n"))
    if format_name == "html":
        page = _Page()
        page.feed(text)
        assert not page.tags & {"script", "img", "a"}
    if format_name == "csv":
        assert not any(cell.startswith(("=", "@")) for row in csv.reader(io.StringIO(text)) for cell in row)


def test_below_the_tables_amounts_are_those_in_them(spend, ledger, asked_of):
    spend("2026-10-02", "10.004", team="chat")
    spend("2026-10-02", "10.004", team="search")
    asked = tied_to(asked_of(), Decimal("20.714"))
    text = render_chargeback(chargeback(ledger, None, asked), "table", Surface())

    # 20.714 is 20.71 = 20.01 + 0.70 or 20.00 + 0.71; of 20.008 and 0.706 the larger remainder is that of 20.008.
    assert re.search(r"^Ledger +requests \$20.01$", text, re.MULTILINE)
    assert re.search(r"^Invoice +\$20.71, \+\$0.70 to requests and charges$", text, re.MULTILINE)
    assert re.search(r"^Total .* \$0.70 ", text, re.MULTILINE)


def test_a_closed_period_as_of_now_is_not_called_open(spend, ledger, asked_of):
    spend("2026-10-02", "7.333333", team="chat")
    asked = asked_of()
    found = chargeback(ledger, None, asked)
    close(ledger, found.allocation, asked.policy, (), now=datetime(2026, 11, 3, tzinfo=UTC), note=None)
    spend("2026-10-03", "0.70", team="chat")
    again = chargeback(ledger, None, asked, now=True)

    text = render_chargeback(again, "table", Surface())
    assert "closed on 2026-11-03; this is what it would come to now" in text
    assert "its statements came to 7.33 USD, 0.70 USD less than this, and stay as they are." in text
    assert "7.333333 USD, rounded $7.33" in render_statement(found, "chat", "table", Surface())


def test_a_period_without_requests_says_what_the_ledger_has(spend, shown):
    spend("2026-11-02", "1", team="chat")

    text = render_chargeback(shown(), "table", Surface())
    assert "no requests in this period; the ledger has requests of 2026-11-02 to 2026-11-02." in text


def test_a_narrow_page_keeps_the_total_in_sight_beside_unpriced_requests(spend, shown):
    spend("2026-10-02", "5.00", team="search")
    spend("2026-10-03", None, team="search")

    page = render_chargeback(shown(), "html", Surface())

    assert '<th scope="col" class="n sum">Total</th>' in page
    assert '<th scope="col" class="n">Unpriced</th>' in page
