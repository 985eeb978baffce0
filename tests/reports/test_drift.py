"""Claims against computed costs. Every call has a million input tokens, at 2.00, unless said otherwise:

model  computed                                   claimed  what the claim forgot
cache  600,000 * 2 + 400,000 read * 0.2 = 1.28    2.00     that reads are cheaper
batch  1.00                                       2.00     the batch price
old    2.00 since October                         1.00     that the price rose
none   2.00                                       0        to know the model
long   200,000 at 2 above 100,000 = 0.40          0.20     the price of long prompts
odd    2.00                                       1.70     nobody knows
fine   2.00                                       2.000001 nothing: a rounding
"""

import json
import shutil
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.ingesting import native, read, write
from tests.once import made_once

from llmcost.ledger import database
from llmcost.pricing.price_list import load_price_list
from llmcost.reports.cost_by import cost_by
from llmcost.reports.drift import drift
from llmcost.reports.question import Question, selection

BASE = "{input: 2, cache_read: 0.2, output: 10}"
BATCH = "{when: {processing: batch}, rates: {input: 1, cache_read: 0.1, output: 5}}"
PRICES = "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-21\nmodels:\n" + "\n".join(
    [
        *(f"  - {{id: vllm/{name}, prices: [{{rates: {BASE}}}]}}" for name in ("cache", "none", "odd", "fine")),
        f"  - {{id: vllm/batch, prices: [{{rates: {BASE}, variants: [{BATCH}]}}]}}",
        f"  - {{id: vllm/old, prices: [{{rates: {{input: 1, output: 5}}}}, {{from: 2026-10-01, rates: {BASE}}}]}}",
        "  - {id: vllm/long, prices: [{rates: {input: 1, output: 1}, tiers: [{above: 100000, rates: {input: 2, output: 2}}]}]}",
    ]
)


def claim(model, cost, **fields):
    return native(
        **{
            "request_id": f"call-{model}-0123456789abcdef",
            "timestamp": "2026-10-05T12:00:00Z",
            "provider": "vllm",
            "model": model,
            "input_tokens": 1_000_000,
            "output_tokens": 0,
            "reported_cost": cost,
            "reported_by": "gateway",
            **fields,
        }
    )


def make_company(folder):
    (folder / "own.yaml").write_text(PRICES)
    (folder / "llmcost.yaml").write_text("pricing: [own.yaml]\ndb: ledger\n")
    log = write(
        folder / "log.jsonl",
        [
            claim("cache", "2.00", cache_read_input_tokens=400_000),
            claim("batch", "2.00", processing="batch"),
            claim("old", "1.00"),
            claim("none", "0"),
            claim("long", "0.20", input_tokens=200_000),
            claim("odd", "1.70"),
            claim("fine", "2.000001"),
            claim("fine", None, request_id="call-silent-0123456789abcdef"),
            claim("unpriced", "5.00"),
        ],
    )
    read(folder / "ledger", log, pricing=[folder / "own.yaml"])


@pytest.fixture
def company(tmp_path, tmp_path_factory):
    shutil.copytree(made_once(tmp_path_factory, "drift", make_company), tmp_path, dirs_exist_ok=True)
    return tmp_path


def named(cause):
    return None if cause is None else (cause.name, cause.requests)


def test_each_mistake_is_named_by_what_it_would_have_cost(company):
    with database.reading(company / "ledger") as ledger:
        chosen = selection(ledger, Question(basis="requests"))
        found = drift(ledger, chosen, load_price_list([company / "own.yaml"]), datetime(2026, 11, 21, tzinfo=UTC))

    assert [
        (one.model, one.requests, one.differing, one.computed, one.reported, named(one.cause)) for one in found
    ] == [
        ("none", 1, 1, Decimal(2), Decimal(0), ("the log's price is 0: no price known there", 1)),
        ("batch", 1, 1, Decimal(1), Decimal(2), ("batch price ignored", 1)),
        ("old", 1, 1, Decimal(2), Decimal(1), ("the price before this one", 1)),
        ("cache", 1, 1, Decimal("1.28"), Decimal(2), ("cache tokens at the full input price", 1)),
        ("odd", 1, 1, Decimal(2), Decimal("1.7"), None),
        ("long", 1, 1, Decimal("0.4"), Decimal("0.2"), ("long-prompt price ignored", 1)),
        ("fine", 1, 0, Decimal(2), Decimal("2.000001"), None),
    ]
    assert [(one.cause.worst, one.cause.worst_difference) for one in found if one.model == "long"] == [
        ("call-long-0123456789abcdef", Decimal("-0.2"))
    ]
    assert [one.worst for one in found][-2:] == ["call-long-0123456789abcdef", None]
    assert found[0].worst_difference == Decimal(-2)


def test_the_command_fails_above_the_limit_and_says_why(company, cli):
    done = cli("prices", "drift", "--where", "model in cache,fine")

    assert (done.code, done.stderr) == (1, "")
    assert done.stdout.splitlines()[-1] == (
        "vllm/cache: cache tokens at the full input price explains 1 request; largest in call-cache-0123456789abcdef: +$0.72."
    )
    fine = cli("prices", "drift", "--where", "model=fine", "--above", "0.5%", "--format", "json")
    document = json.loads(fine.stdout)
    assert fine.code == 0
    assert (document["schema"], document["rows"][0]["exceeds"]) == ("llmcost/drift/1", False)
    assert cli("prices", "drift", "--above", "lots").code == 2
    nothing = cli("prices", "drift", "--where", "model=unpriced")
    assert (nothing.stdout, nothing.code) == ("", 0)


def test_the_request_named_is_one_that_the_mistake_explains(company, cli):
    """Three calls claim 2, which is what cached tokens cost as input; no mistake makes 9 of the fourth."""
    log = write(
        company / "mixed.jsonl",
        [
            *(
                claim("cache", "2.00", cache_read_input_tokens=400_000, request_id=f"call-cache-{index}-123456789abc")
                for index in range(2)
            ),
            claim("cache", "9.00", cache_read_input_tokens=400_000, request_id="call-cache-odd-123456789abc"),
        ],
    )
    read(company / "ledger", log, pricing=[company / "own.yaml"])

    done = cli("prices", "drift", "--config", company / "llmcost.yaml", "--where", "model=cache")
    assert "explains 3 requests; largest in call-cache-" in done.stdout
    assert "call-cache-odd" not in done.stdout


@pytest.mark.slow
def test_claims_in_another_currency_are_said_not_to_be_compared(company, cli):
    log = write(
        company / "euros.jsonl",
        [
            claim("fine", "5.00", request_id=f"call-euro-{index}-123456789abc", reported_currency="eur")
            for index in range(2)
        ],
    )
    read(company / "ledger", log, pricing=[company / "own.yaml"])

    found = cli("prices", "drift", "--config", company / "llmcost.yaml", "--where", "request_id~^call-euro")
    assert (found.code, found.stdout) == (0, "")
    assert "no request has both a cost and a cost its log claims in USD" in found.stderr
    assert "not compared, since claimed in another currency: EUR (2)" in found.stderr


def test_a_model_whose_only_known_calls_are_free_is_not_said_to_agree(company, cli):
    """Its failed call claims 0 and cost 0; whether its other claims are right nobody knows."""
    log = write(
        company / "house.jsonl",
        [
            claim("house", "5.00", request_id="call-house-0-123456789abc"),
            claim("house", "0", request_id="call-house-1-123456789abc", status="error", input_tokens=0),
        ],
    )
    read(company / "ledger", log, pricing=[company / "own.yaml"])

    found = cli("prices", "drift", "--config", company / "llmcost.yaml", "--where", "model=house")
    assert found.stdout == ""
    assert "not compared, since unpriced: vllm/house (1)" in found.stderr


def passes(ledger, *groups):
    """Calls of several passes each, given as model, claim and other fields; the first pass is the call itself."""
    log = write(
        ledger.parent / "passes.jsonl",
        [
            claim(model, cost, request_id=f"call-whole-{group}-123456789abc", part=part, **fields)
            for group, rows in enumerate(groups)
            for part, (model, cost, fields) in enumerate(rows)
        ],
    )
    read(ledger, log, pricing=[ledger.parent / "own.yaml"])


def test_a_claim_for_a_call_is_held_against_all_its_passes(company, cli):
    """fine 2.00 + odd 2.00 = 4.00, as claimed; cache 1.28 + odd 2.00 = 3.28, claimed as 2.00 + 2.00."""
    passes(
        company / "ledger",
        [("fine", "4.00", {}), ("odd", None, {})],
        [("cache", "4.00", {"cache_read_input_tokens": 400_000}), ("odd", None, {})],
    )
    where = "request_id~^call-whole"

    found = json.loads(cli("prices", "drift", "--where", where, "--format", "json").stdout)
    assert [(row["model"], row["computed"], row["reported"], row["difference"]) for row in found["rows"]] == [
        ("cache", "3.28", "4.00", "0.72"),
        ("fine", "4.00", "4.00", "0.00"),
    ]
    assert found["rows"][0]["cause"]["name"] == "cache tokens at the full input price"

    report = json.loads(cli("report", "drift", "--where", where, "--format", "json").stdout)
    drifts = {row["model"]: (row["cost"], row["reported_cost"], row["reported_drift"]) for row in report["rows"]}
    assert drifts == {"fine": ("2.00", "4.00", "0.00"), "cache": ("1.28", "4.00", "0.72"), "odd": ("4.00", None, None)}
    assert (report["totals"]["cost"], report["totals"]["reported_drift"]) == ("7.28", "0.72")
    assert report["totals"]["reported_drift_pct"] == pytest.approx(0.72 / 7.28)

    with database.reading(company / "ledger") as ledger:
        halved = Question(
            where=(where,), metrics=("reported_drift",), currency="EUR", rates=((date(2026, 1, 1), Decimal("0.5")),)
        )
        euros = cost_by(ledger, halved)
    # A claim in dollars is converted as well: (8.00 - 7.28) / 2.
    assert euros.totals[[column.name for column in euros.columns].index("reported_drift")] == Decimal("0.36")


def test_a_claim_for_a_call_with_an_unpriced_pass_is_held_against_nothing(company, cli):
    passes(company / "ledger", [("fine", "4.00", {}), ("unpriced", None, {})])
    found = cli("prices", "drift", "--where", "request_id~^call-whole")
    assert found.stdout == ""
    assert "not compared, since unpriced: vllm/fine (1)" in found.stderr


def test_passes_with_claims_of_their_own_are_held_against_each(company, cli):
    """Each costs 2.00; what the second claims too much is no difference of the first."""
    passes(company / "ledger", [("fine", "2.00", {}), ("odd", "2.50", {})])
    found = json.loads(cli("prices", "drift", "--where", "request_id~^call-whole", "--format", "json").stdout)
    assert [(row["model"], row["difference"]) for row in found["rows"]] == [("odd", "0.50"), ("fine", "0.00")]
