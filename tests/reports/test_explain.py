"""Why a request has its cost: exact for every source's fixtures, and readable at 80 columns."""

import json
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from tests.ingesting import read, write
from tests.once import made_once

from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.errors import UsageError
from llmcost.ingest.trace import trace
from llmcost.ledger import database
from llmcost.pricing.price_list import load_price_list
from llmcost.render.explain import explanation
from llmcost.render.surface import Surface
from llmcost.reports.explain import explained

FIXTURES = Path(__file__).parents[1] / "sources"
GOLDEN = Path(__file__).parent / "golden"

PRICES = """\
schema: llmcost-pricing/1
currency: USD
as_of: 2026-11-21
sources:
  acme: {url: "https://acme.example/pricing", checked: 2026-11-20}
models:
  - id: openai/acme-large
    match: {dated: true}
    prices:
      - source: acme
        rates: {input: 2.5, output: 15, cache_read: 0.25}
      - from: 2026-10-01
        source: acme
        rates: {input: 2, output: 12, cache_read: 0.2}
        tiers: [{above: 200000, rates: {input: 4, output: 18, cache_read: 0.4}}]
        variants:
          - when: {processing: batch}
            rates: {input: 1, output: 6, cache_read: 0.1}
            tiers: [{above: 200000, rates: {input: 2, output: 9, cache_read: 0.2}}]
        multipliers: [{when: {inference_region: eu}, factor: 1.1}]
        fees: {web_search: 10}
  - id: openrouter/acme/large
    prices: [{rates: {input: 0.15, output: 0.6}}]
"""


def record(name, **fields):
    return {
        "request_id": f"req-{name}-0123456789abcdef",
        "timestamp": "2026-11-05T10:20:30.125Z",
        "provider": "openai",
        "model": "acme-large",
        **fields,
    }


def chat(**fields):
    usage = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}
    body = {"id": "chatcmpl-0a1b2c3d4e5f6a7b", "object": "chat.completion", "created": 1793700000, "choices": []}
    return {**body, "model": "acme-large", "usage": usage, **fields}


LOG = [
    record(
        "priced",
        model="acme-large-2026-09-30",
        input_tokens=12_000,
        cache_read_input_tokens=8_000,
        output_tokens=1_500,
        reasoning_output_tokens=500,
        web_searches=2,
        customer_id="acme",
        feature="search",
        latency_ms=2345,
        reported_cost="0.05",
    ),
    record("tiered", input_tokens=250_000, output_tokens=1_000, processing="batch", inference_region="eu"),
    record("unpriced", model="acme-larg", input_tokens=100, output_tokens=10, reported_cost="0.001"),
    record("early", timestamp="2026-09-30T23:59:59Z", input_tokens=1_000_000),
    record("blocked", status="blocked"),
]


@pytest.fixture
def prices(tmp_path):
    path = tmp_path / "prices.yaml"
    path.write_text(PRICES)
    return path


@pytest.fixture
def show(tmp_path, prices, monkeypatch):
    """Read a log and explain one of its requests, with paths as they are called from its folder."""
    monkeypatch.chdir(tmp_path)
    ledger = tmp_path / "ledger.duckdb"

    def one(name, *logs, format_name="table", columns=80):
        read(ledger, *logs, pricing=(prices,))
        with database.reading(ledger) as connection:
            found = explained(connection, name, load_price_list((prices,)))
        traces = trace(ledger, [row.row for row in found], DEFAULT_ATTRIBUTION)
        return explanation(found, traces, format_name, Surface(width=columns))

    return one


@pytest.fixture
def show_log(tmp_path_factory, monkeypatch):
    """Explain one of the requests of LOG, as a report of its folder."""

    def read_log(folder):
        (folder / "prices.yaml").write_text(PRICES)
        read(folder / "ledger.duckdb", write(folder / "log.jsonl", LOG), pricing=(folder / "prices.yaml",))

    folder = made_once(tmp_path_factory, "explained", read_log)
    monkeypatch.chdir(folder)

    def one(name, format_name="table", columns=80):
        with database.reading(folder / "ledger.duckdb") as connection:
            found = explained(connection, name, load_price_list((folder / "prices.yaml",)))
        traces = trace(folder / "ledger.duckdb", [row.row for row in found], DEFAULT_ATTRIBUTION)
        return explanation(found, traces, format_name, Surface(width=columns))

    return one


def bare(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def stable(text):
    """Without what the built-in price list makes of it."""
    return re.sub(r"^List      \w+ as of [\d-]+", "List      (a version) as of (a day)", bare(text), flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["priced", "tiered", "unpriced"])
def test_a_request_is_explained_at_80_columns(show_log, name):
    text = show_log(f"req-{name}-0123456789abcdef")

    assert stable(text) == (GOLDEN / f"explain-{name}.txt").read_text("utf-8")


def test_no_other_model_is_suggested_for_a_known_one_that_lacks_a_price(show, tmp_path):
    log = write(tmp_path / "log.jsonl", [record("pictures", images=3)])

    assert "Cost      unpriced: no image price\n" in bare(show("req-pictures-0123456789abcdef", log))


def test_a_billed_request_shows_the_list_value_apart(show, tmp_path):
    body = chat(id="gen-0a1b2c3d4e5f6a7b", provider="OpenAI", model="acme/large")
    log = write(tmp_path / "log.jsonl", [{**body, "usage": {**body["usage"], "cost": 0.0005, "is_byok": False}}])

    text = show("gen-0a1b2c3d4e5f6a7b", log)

    assert stable(text) == (GOLDEN / "explain-billed.txt").read_text("utf-8")


def test_a_request_merged_from_two_lines_names_both(show, tmp_path):
    log = write(tmp_path / "log.jsonl", [chat(id="chatcmpl-ffffffffffffffff"), chat(), chat(id="chatcmpl-e"), chat()])
    other = write(tmp_path / "other" / "log.jsonl.gz", [chat()])

    text = show("chatcmpl-0a1b2c3d4e5f6a7b", log, other)

    assert stable(text) == (GOLDEN / "explain-merged.txt").read_text("utf-8")


@pytest.mark.parametrize("columns", [30, 60, 80, 200])
def test_no_number_is_cut_or_wrapped_at_any_width(show, tmp_path, columns):
    many = record("many", input_tokens=123_456_789_012, output_tokens=9_876_543_210, cache_read_input_tokens=99_999)
    log = write(tmp_path / "log.jsonl", [many])

    text = bare(show("req-many-0123456789abcdef", log, columns=columns))

    # Uncached 123,456,689,013 at 4, cached 99,999 at 0.4 and 9,876,543,210 out at 18, a million.
    table = text.split("Component")[1].split("Price ")[0]
    numbers = re.findall(r"[\d,]+\.?\d*", table)
    for whole in ("123,456,689,013", "99,999", "9,876,543,210", "493826.7560520", "177777.7777800", "671604.5738316"):
        assert whole in numbers


def test_the_price_before_a_change_is_the_one_of_its_time(show_log):
    document = json.loads(show_log("req-early-0123456789abcdef", format_name="json"))

    # A million at 2.5, a second before the price fell.
    assert (document["cost"], document["price"]["from"], document["price"]["until"]) == ("2.50", None, "2026-10-01")


def test_the_stable_document(show_log):
    document = json.loads(show_log("req-priced-0123456789abcdef", format_name="json"))

    assert document["schema"] == "llmcost/explain/1"
    assert document["request_id"] == "req-priced-0123456789abcdef"
    # 4,000 x 2 + 8,000 x 0.2 + 1,000 x 12 + 500 x 12 a million, and two searches at 10 a thousand
    assert document["cost"] == "0.0476"
    wanted = ("component", "quantity", "unit_price", "multiplier", "amount")
    assert [tuple(line[key] for key in wanted) for line in document["lines"]] == [
        ("input", "4000", "0.000002", "1", "0.008"),
        ("cache_read", "8000", "0.0000002", "1", "0.0016"),
        ("output", "1000", "0.000012", "1", "0.012"),
        ("reasoning", "500", "0.000012", "1", "0.006"),
        ("web_search", "2", "0.01", "1", "0.02"),
    ]
    price = document["price"]
    assert price["id"] == "openai/acme-large@2026-10-01"
    assert price["source"] == "https://acme.example/pricing"
    assert (price["from"], price["match"]) == ("2026-10-01", "dated")
    (request,) = document["requests"]
    assert request["files"] == [
        {"path": str(Path.cwd() / "log.jsonl"), "state": "found", "lines": [1], "changed": False}
    ]
    # 0.05 claimed, 0.0476 by the price list
    assert (request["reported"]["difference"], request["reported"]["difference_ratio"]) == ("0.0024", 0.05042)
    assert request["check"] == {"agrees": True, "recomputed": "0.0476"}


def test_markdown_holds_the_same(show_log):
    text = show_log("req-tiered-0123456789abcdef", format_name="markdown")

    assert text.startswith("### Request req-tiered-0123456789abcdef\n")
    assert "| input | 250,000 | 2.00/1M | 0.000002 | 1.1 | 0.5500 |" in text
    assert "| **Total** |  |  |  |  | **0.5599** |" in text


def test_a_blocked_call_costs_nothing_and_says_why(show_log):
    document = json.loads(show_log("req-blocked-0123456789abcdef", format_name="json"))

    assert (document["cost"], document["lines"], document["requests"][0]["reason"]) == ("0.00", [], "blocked")


def test_rows_are_found_by_the_start_of_their_key(show, tmp_path):
    log = write(tmp_path / "log.jsonl", [{**LOG[0], "request_id": None}])
    first = json.loads(show(_key(tmp_path, log), log, format_name="json"))

    assert first["request_id"] is None
    assert first["requests"][0]["files"][0]["lines"] == [1]


def _key(folder, log):
    read(folder / "ledger.duckdb", log, pricing=(folder / "prices.yaml",))
    with database.reading(folder / "ledger.duckdb") as connection:
        return str(connection.execute("select row_key from request").fetchone()[0])[:13]


def test_an_unknown_request_is_refused_with_ids_that_begin_so(show_log):
    with pytest.raises(UsageError) as raised:
        show_log("req-pri")

    assert raised.value.message == "no request 'req-pri' in the ledger"
    assert raised.value.hint == "ids that begin so: req-priced-0123456789abcdef"


def test_a_price_that_changed_by_hand_is_said_not_hidden(show, tmp_path):
    log = write(tmp_path / "log.jsonl", LOG)
    read(tmp_path / "ledger.duckdb", log, pricing=(tmp_path / "prices.yaml",))
    with database.writing(tmp_path / "ledger.duckdb") as connection:
        connection.execute("update request set cost = 0.06 where request_id like 'req-priced%'")

    document = json.loads(show("req-priced-0123456789abcdef", log, format_name="json"))

    assert document["requests"][0]["check"] == {"agrees": False, "recomputed": "0.0476"}
    assert (document["lines"][-1]["component"], document["lines"][-1]["amount"]) == ("unexplained", "0.0124")
    assert sum(Decimal(line["amount"]) for line in document["lines"]) == Decimal("0.06")


@pytest.mark.slow
def test_a_price_of_an_earlier_list_is_explained_by_that_list(show, tmp_path, prices):
    log = write(tmp_path / "log.jsonl", LOG)
    read(tmp_path / "ledger.duckdb", log, pricing=(prices,))
    prices.write_text(PRICES.replace("rates: {input: 2, output: 12", "rates: {input: 3, output: 12"))
    more = write(tmp_path / "more.jsonl", [{**LOG[0], "team": "research"}])

    document = json.loads(show("req-priced-0123456789abcdef", more, format_name="json"))

    # The second sighting adds a team and keeps the price, though its run had another list.
    assert document["requests"][0]["who"]["team"] == "research"
    assert document["cost"] == "0.0476"
    assert document["requests"][0]["check"]["agrees"] is True
    assert document["price"]["place"] is None


@pytest.mark.slow
def test_a_file_that_is_gone_is_said_to_be(show, tmp_path):
    log = write(tmp_path / "log.jsonl", LOG)
    show("req-priced-0123456789abcdef", log)
    other = write(tmp_path / "other.jsonl", LOG[1:])
    log.unlink()

    document = json.loads(show("req-priced-0123456789abcdef", other, format_name="json"))

    assert document["requests"][0]["files"] == [{"path": str(log), "state": "gone", "lines": [], "changed": False}]


def test_hostile_names_do_not_command_the_terminal(show, tmp_path):
    hostile = "\x1b]0;owned\x07\x1b[2J\u202egpt\u200b" + "x" * 3000
    log = write(tmp_path / "log.jsonl", [record(hostile, model=hostile, customer_id=hostile, input_tokens=1)])

    for format_name in ("table", "json", "markdown"):
        text = bare(show(f"req-{hostile}-0123456789abcdef", log, format_name=format_name))
        assert not [one for one in text if unicodedata.category(one) in {"Cc", "Cf"} and one != "\n"]


@pytest.fixture(scope="module")
def built_in():
    return load_price_list()


CASES = sorted(FIXTURES.glob("*/*.expected.json"))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name.split('.')[0]}")
def test_lines_of_every_source_add_up_and_are_found_again(case, tmp_path, built_in):
    name = case.name.removesuffix("expected.json")
    log = next(path for path in case.parent.glob(f"{name}*") if path != case)
    ledger = tmp_path / "ledger.duckdb"
    read(ledger, log, at=json.loads(case.read_text("utf-8")).get("at"))

    with database.reading(ledger) as connection:
        keys = connection.execute("select row_key::varchar from request").fetchall()
        found = [one for (key,) in keys for one in explained(connection, key, built_in)]

    assert len(found) == len(keys)
    for one in found:
        assert one.agrees
        cost = one.row["cost"]
        assert (None if cost is None else Fraction(cost)) == (
            sum((Fraction(line.amount) for line in one.lines), Fraction(0)) if cost is not None else None
        )
        assert "unexplained" not in {line.component for line in (*one.lines, *one.list_lines)}
        if one.list_lines:
            assert sum(Fraction(line.amount) for line in one.list_lines) == Fraction(one.row["list_value"])
    # A few of each, for speed.
    for traced in trace(ledger, [one.row for one in found[:4]], DEFAULT_ATTRIBUTION):
        assert [(sighting.state, bool(sighting.lines)) for sighting in traced.sightings] == [("found", True)]
