"""Usage exports in the ledger on either side: as the bill of its requests, and as what a bill is compared with."""

import json
import shutil
from decimal import Decimal

import pytest
from tests.ingesting import native, read
from tests.once import made_once

from llmcost.domain.errors import DataError
from llmcost.domain.period import Period
from llmcost.ledger.database import reading
from llmcost.reconcile.exported import exported_invoice, is_estimated
from llmcost.reconcile.reading import read_invoices
from llmcost.reconcile.run import ReconcileRequest, reconcile
from llmcost.reconcile.tolerance import parse_tolerance

DAY = 1_793_491_200
"""2026-11-01, UTC."""


def page(*results):
    bucket = {"object": "bucket", "start_time": DAY, "end_time": DAY + 86_400, "results": list(results)}
    return {"object": "page", "data": [bucket], "has_more": False, "next_page": None}


def usage(model, tokens, output, requests):
    numbers = {"input_tokens": tokens, "output_tokens": output, "num_model_requests": requests}
    return {"object": "organization.usage.completions.result", "model": model, **numbers}


def charge(amount, item):
    return {"object": "organization.costs.result", "amount": {"value": amount, "currency": "usd"}, "line_item": item}


def _read_log(folder):
    log = folder / "log.jsonl"
    records = [
        native(request_id=f"req-{number:08}-x", provider="openai", timestamp=f"2026-11-01T1{number}:00:00Z",
               input_tokens=1000, output_tokens=100)
        for number in range(4)
    ]  # fmt: skip
    log.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    read(folder / "ledger", log)


@pytest.fixture
def ledger(tmp_path, tmp_path_factory):
    """Four calls of GPT-5.4, 1,000 tokens in and 100 out each: 4 x (2.50 + 1.50) thousandths."""
    shutil.copytree(made_once(tmp_path_factory, "exported", _read_log), tmp_path, dirs_exist_ok=True)
    return tmp_path / "ledger"


@pytest.fixture
def exporting(ledger, tmp_path):
    def export(name, document):
        (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
        read(ledger, tmp_path / name)

    return export


def compared(ledger, prices, *bills, basis="requests"):
    with reading(ledger) as connection:
        invoices = read_invoices(bills) if bills else [exported_invoice(connection, "USD")]
        request = ReconcileRequest(invoices=invoices, tolerance=parse_tolerance("1%"), period=Period(), basis=basis)
        return reconcile(connection, prices, request), is_estimated(connection)


@pytest.mark.slow
def test_exported_usage_finds_the_calls_nobody_logged(ledger, exporting, prices):
    exporting("usage.json", page(usage("gpt-5.4", 4000, 400, 4), usage("gpt-4.1", 5000, 500, 5)))

    result, estimated = compared(ledger, prices)
    # GPT-4.1 at 2 / 8: 5,000 x 2 + 500 x 8 millionths
    assert (result.billed, result.logged, result.difference) == (
        Decimal("0.030"), Decimal("0.016"), Decimal("0.014"),
    )  # fmt: skip
    assert [(cause.cause, cause.amount, cause.models) for cause in result.causes] == [
        ("missing-traffic", Decimal("0.014"), ("gpt-4.1",))
    ]
    assert (result.unexplained, estimated) == (0, True)


def test_exported_costs_are_the_bill(ledger, exporting, prices):
    exporting("usage.json", page(usage("gpt-5.4", 4000, 400, 4)))
    exporting(
        "costs.json",
        page(charge(0.01, "gpt-5.4, input_tokens"), charge(0.006, "gpt-5.4, output_tokens")),
    )

    result, estimated = compared(ledger, prices)
    assert {(row.key.model, row.key.token_class, row.billed, row.logged) for row in result.rows} == {
        ("gpt-5.4", "input", Decimal("0.01"), Decimal("0.01")),
        ("gpt-5.4", "output", Decimal("0.006"), Decimal("0.006")),
    }
    assert (result.difference, result.causes, estimated) == (0, (), False)


def meter(name, amount):
    return {
        "date": "2026-11-01", "meterCategory": "Azure OpenAI", "meterName": name, "quantity": 24, "unitOfMeasure": "1 Hour",
        "costInBillingCurrency": amount, "billingCurrency": "USD", "chargeType": "Usage",
    }  # fmt: skip


def test_capacity_of_an_export_is_told_by_the_words_of_its_lines(ledger, exporting, prices, tmp_path):
    """24 hours of a unit at $1 and a reservation of $5 beside the four calls; searches of $0.02 that nobody logged are no capacity."""
    costs = [
        charge(0.01, "gpt-5.4, input_tokens"),
        charge(0.006, "gpt-5.4, output_tokens"),
        charge(0.02, "web search tool calls"),
    ]
    exporting("costs.json", page(*costs, charge(5, "Reserved capacity")))
    exporting("azure.json", [meter("Provisioned Managed Regional Unit", 24)])

    result, _ = compared(ledger, prices)
    assert (result.billed, result.difference, result.unexplained) == (Decimal("29.036"), Decimal("29.02"), 0)
    assert sorted((cause.cause, cause.amount) for cause in result.causes) == [
        ("capacity", Decimal(29)), ("tool-fees", Decimal("0.02")),
    ]  # fmt: skip
    # The same bill, with the exports on the other side.
    same, _ = compared(ledger, prices, tmp_path / "costs.json", basis="exports")
    assert (same.billed, same.logged, same.causes, same.unexplained) == (Decimal("5.036"), Decimal("5.036"), (), 0)
    assert all(row.billed == row.logged for row in same.rows)


def test_usage_without_a_price_is_said_not_to_be_compared(ledger, exporting, prices):
    exporting("usage.json", page(usage("gpt-5.4", 4000, 400, 4), usage("house-model", 10, 1, 1)))

    result, _ = compared(ledger, prices)
    assert [(line.reason, line.amount) for line in result.unused] == [("no price for house-model", None)]
    assert result.difference == 0


def test_a_charge_in_another_currency_is_not_called_one_without_a_price(ledger, exporting, prices):
    euros = charge(0.75, "gpt-5.4, output_tokens")
    euros["amount"]["currency"] = "eur"
    exporting("costs.json", page(charge(0.01, "gpt-5.4, input_tokens"), euros))

    result, _ = compared(ledger, prices)
    assert [(line.reason, line.amount, line.currency, line.kind) for line in result.unused] == [
        ("charged in EUR, while the ledger is in USD", Decimal("0.75"), "EUR", "unread")
    ]


def test_a_bill_may_be_compared_with_exports(ledger, exporting, prices, tmp_path):
    exporting("usage.json", page(usage("gpt-5.4", 4000, 400, 4), usage("gpt-4.1", 5000, 500, 5)))
    bill = tmp_path / "bill.json"
    bill.write_text(
        json.dumps(page(charge(0.01, "gpt-5.4, input_tokens"), charge(0.006, "gpt-5.4, output_tokens"),
                        charge(0.01, "gpt-4.1, input_tokens"), charge(0.004, "gpt-4.1, output_tokens"))),
        encoding="utf-8",
    )  # fmt: skip

    result, _ = compared(ledger, prices, bill, basis="exports")
    assert (result.basis, result.billed, result.logged, result.difference) == (
        "exports", Decimal("0.030"), Decimal("0.030"), 0,
    )  # fmt: skip


def test_a_bill_compared_with_itself_does_not_differ(tmp_path, prices):
    """Its buckets have token classes and a whole charge: the same money, told twice."""
    bill = tmp_path / "bill.json"
    bill.write_text(
        json.dumps(page(charge(0.01, "gpt-5.4, input_tokens"), charge(0.006, "gpt-5.4, output_tokens"),
                        charge(0.05, "web search tool calls"))),
        encoding="utf-8",
    )  # fmt: skip
    read(tmp_path / "ledger", bill)

    result, _ = compared(tmp_path / "ledger", prices, bill, basis="exports")
    assert (result.billed, result.logged, result.difference) == (Decimal("0.066"), Decimal("0.066"), 0)
    assert {(row.key.token_class, row.billed, row.logged) for row in result.rows if row.key.model is not None} == {
        ("input", Decimal("0.01"), Decimal("0.01")),
        ("output", Decimal("0.006"), Decimal("0.006")),
    }


def test_a_ledger_without_exports_says_what_to_do(ledger):
    with reading(ledger) as connection, pytest.raises(DataError, match="no usage exports"):
        exported_invoice(connection, "USD")


def test_one_thing_is_compared_with_once(cli, tmp_path):
    neither = cli("reconcile", "--db", tmp_path / "ledger")
    both = cli("reconcile", "--db", tmp_path / "ledger", "--against", "exports", "--invoice", "bill.json")
    same = cli("reconcile", "--db", tmp_path / "ledger", "--against", "exports", "--basis", "exports")

    assert (neither.code, both.code, same.code) == (2, 2, 2)
    assert "--against exports" in neither.stderr
