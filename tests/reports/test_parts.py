"""Calls of which a pass billed apart has no price. A million input tokens of `known` cost 2.00; `nope` and `nada` have no price.

call   passes                  cost of the priced ones
one    known, nope             2.00
two    nope, nada              none
three  known                   2.00
four   known, known estimated  4.00

Four requests cost 8.00 as far as is known; one and two are unpriced, four is estimated.
"""

import json

import pytest
from tests.ingesting import native, read, write

PRICES = """\
schema: llmcost-pricing/1
currency: USD
as_of: 2026-11-01
models:
  - {id: vllm/known, prices: [{rates: {input: 2, output: 10}}]}
"""
CALLS = {"one": ("known", "nope"), "two": ("nope", "nada"), "three": ("known",), "four": ("known", "known")}


def passes(call, models):
    for part, model in enumerate(models):
        guessed = {"usage_origin": "estimate"} if call == "four" and part else {}
        yield native(
            request_id=f"call-{call}-0123456789abcdef",
            part=part,
            timestamp="2026-11-10T10:00:00Z",
            provider="vllm",
            model=model,
            input_tokens=1_000_000,
            output_tokens=0,
            customer_id="acme",
            **guessed,
        )


@pytest.fixture
def company(tmp_path):
    (tmp_path / "own.yaml").write_text(PRICES)
    (tmp_path / "llmcost.yaml").write_text("pricing: [own.yaml]\ndb: ledger\n")
    log = write(tmp_path / "log.jsonl", [record for call, models in CALLS.items() for record in passes(call, models)])
    read(tmp_path / "ledger", log, pricing=[tmp_path / "own.yaml"])
    return tmp_path


def asked(cli, *arguments):
    return json.loads(cli("report", *arguments, "--format", "json").stdout)


def test_a_call_with_an_unpriced_pass_counts_once_as_unpriced(company, cli):
    document = asked(cli, "--by", "model", "--metrics", "cost,requests,unpriced_requests,estimated_requests")
    rows = {
        row["model"]: (row["cost"], row["requests"], row["unpriced_requests"], row["estimated_requests"])
        for row in document["rows"]
    }
    assert rows == {"known": ("8.00", 3, 0, 1), "nope": (None, 1, 2, 0), "nada": (None, 0, 0, 0)}
    total, coverage = document["totals"], document["coverage"]
    assert (total["cost"], total["requests"], total["unpriced_requests"]) == ("8.00", 4, 2)
    assert (coverage["requests"], coverage["unpriced_requests"], coverage["estimated_requests"]) == (4, 2, 1)


def test_what_a_request_costs_is_told_of_those_whose_passes_all_have_a_price(company, cli):
    """Of three and four: (2.00 + 4.00) / 2. What is known of one would make it less than any request can have cost."""
    metrics = ("priced_requests", "cost_per_request", "cost_per_successful_request")
    document = asked(cli, "--by", "model", "--metrics", ",".join(metrics))
    rows = {row["model"]: tuple(row[name] for name in metrics) for row in document["rows"]}
    assert rows == {"known": (2, "3.00", "3.00"), "nope": (0, None, None), "nada": (0, None, None)}
    assert tuple(document["totals"][name] for name in metrics) == (2, "3.00", "3.00")
    # Where only its priced pass is asked about, all of what is asked about is known: (2.00 + 2.00 + 4.00) / 3.
    alone = asked(cli, "--where", "model=known", "--metrics", "priced_requests,cost_per_request")["totals"]
    assert (alone["priced_requests"], alone["cost_per_request"]) == (3, "2.666666666667")


def test_the_row_of_every_unpriced_pass_says_so(company, cli):
    shown = cli("report", "--by", "model").stdout
    lines = {line.split()[0]: line.split()[1] for line in shown.splitlines() if line.startswith(("known", "n"))}
    assert lines == {"known": "$8.00", "nope": "unpriced", "nada": "unpriced"}
    assert (
        "2 of 4 requests are unpriced and in no sum of cost: nope (2), nada. "
        "Of 1 of them only what is billed apart has no price." in " ".join(shown.split())
    )
    unpriced = asked(cli, "unpriced")
    assert [(row["model"], row["unpriced_requests"]) for row in unpriced["rows"]] == [("nada", 0), ("nope", 2)]


def test_passes_asked_for_alone_are_as_loud(company, cli):
    shown = " ".join(cli("report", "--where", "model=nada").stdout.split())
    assert (
        "1 request is unpriced and in no sum of cost: nada (1). Of it only what is billed apart has no price." in shown
    )
    assert asked(cli, "--where", "model=nada")["totals"]["unpriced_requests"] == 1
    assert asked(cli, "--where", "model in nope,nada")["totals"]["unpriced_requests"] == 2


def test_what_people_pay_by_says_it_as_well(company, cli):
    (row,) = asked(cli, "--by", "customer_id")["rows"]
    assert (row["cost"], row["requests"], row["unpriced_requests"]) == ("8.00", 4, 2)


@pytest.mark.parametrize(("allowed", "code"), [("49%", 1), ("50%", 0)])
def test_a_gate_counts_such_calls(company, cli, allowed, code):
    (company / "llmcost.yaml").write_text(
        f"pricing: [own.yaml]\ndb: ledger\ngate: {{unpriced: {allowed}, period: 2026-11}}\n"
    )
    done = cli("check", "--as-of", "2026-11-10T12:00", "--config", company / "llmcost.yaml")
    assert done.code == code, done.stdout + done.stderr


@pytest.mark.parametrize("model", ["nope", "nada"])
def test_a_budget_for_the_model_of_a_pass_is_not_judged(company, cli, model):
    """Of nada there is a pass alone, of a call that counts as unpriced for nope."""
    (company / "llmcost.yaml").write_text(
        "pricing: [own.yaml]\ndb: ledger\nbudgets:\n"
        f"  - {{name: side, where: [model={model}], period: month, amount: 10}}\n"
    )
    done = cli("check", "--as-of", "2026-11-10T12:00", "--config", company / "llmcost.yaml", "--format", "json")
    assert done.code == 3, done.stdout + done.stderr
    assert "no known price, so more may be spent" in done.stdout


def test_the_doctor_counts_such_calls(company, cli):
    document = json.loads(cli("doctor", "--format", "json", "--offline").stdout)
    assert (document["ledger"]["requests"], document["ledger"]["unpriced_requests"]) == (4, 2)


def test_an_ingest_counts_such_calls(company):
    result = read(company / "again", company / "log.jsonl", pricing=[company / "own.yaml"])
    assert (result.files[0].unpriced, result.summary.unpriced_requests) == (2, 2)
    assert result.summary.unpriced_models == (("nope", 2),)
