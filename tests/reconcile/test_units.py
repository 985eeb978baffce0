"""What a model charges for instead of tokens, and what its tools charge: bills tell them apart, a ledger has one amount."""

from decimal import Decimal

import pytest
from tests.ingesting import native, read, write

from llmcost.domain.period import Period
from llmcost.ledger.database import reading
from llmcost.reconcile.reading import read_invoices
from llmcost.reconcile.run import ReconcileRequest, reconcile
from llmcost.reconcile.tolerance import parse_tolerance

_DAY = "1772755200,1772841600,2026-03-06T00:00:00+00:00,2026-03-07T00:00:00+00:00"
_COLUMNS = (
    "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,quantity_unit,line_item"
)
# 10,000 tokens in at 2.50 and 1,000 out at 10 a million, four searches at 10 a thousand.
_CHAT = [("0.025", '"gpt-4o, input"'), ("0.01", '"gpt-4o, output"'), ("0.04", "web search tool calls")]
# 1,650 seconds at 0.36 an hour.
_WHISPER = ("0.165", "whisper-1")


@pytest.fixture
def compared(tmp_path, prices):
    """A day of a chat that searched and a transcription, and a bill with these lines."""
    chat = {"model": "gpt-4o", "input_tokens": 10_000, "output_tokens": 1_000, "web_searches": 4}
    whisper = {"model": "whisper-1", "operation": "transcription", "audio_seconds": 1_650}
    calls = [
        native(request_id=f"call-000{n}", timestamp="2026-03-06T10:00:00Z", provider="openai", **call)
        for n, call in enumerate((chat, whisper))
    ]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", calls))

    def compare(text):
        (tmp_path / "bill.csv").write_text(text, encoding="utf-8")
        request = ReconcileRequest(
            invoices=read_invoices([tmp_path / "bill.csv"]), tolerance=parse_tolerance("1%"), period=Period()
        )
        with reading(tmp_path / "ledger") as connection:
            return reconcile(connection, prices, request)

    return compare


def _dashboard(*lines):
    return "".join(f"{line}\n" for line in (_COLUMNS, *(f"{_DAY},{amount},usd,,,{item}" for amount, item in lines)))


def _rows(result):
    return {(row.key.model, row.key.token_class): (row.billed, row.logged) for row in result.rows}


def test_audio_by_the_hour_meets_its_own_line_and_not_that_of_the_searches(compared):
    result = compared(_dashboard(*_CHAT, _WHISPER))
    assert (result.causes, result.within_tolerance) == ((), True)
    assert _rows(result) == {
        ("gpt-4o", "input"): (Decimal("0.025"), Decimal("0.025")),
        ("gpt-4o", "output"): (Decimal("0.010"), Decimal("0.010")),
        (None, "units"): (Decimal("0.04"), Decimal("0.04")),
        ("whisper-1", None): (Decimal("0.165"), Decimal("0.165")),
    }


def test_audio_by_the_hour_that_a_bill_leaves_out_is_units_of_its_model(compared):
    result = compared(_dashboard(*_CHAT[:2]))
    assert _rows(result)["whisper-1", "units"] == (Decimal(0), Decimal("0.165"))


def test_a_line_of_units_without_a_model_may_hold_both(compared):
    result = compared(_dashboard(*_CHAT[:2], ("0.205", "web search tool calls")))
    assert (result.causes, result.within_tolerance) == ((), True)


def test_audio_by_the_hour_meets_a_line_of_audio(compared):
    columns = "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ServiceName,ProviderName,x_Model,x_TokenType"
    span = "USD,Usage,2026-03-06T00:00:00Z,2026-03-07T00:00:00Z,OpenAI API,OpenAI"
    lines = [
        "0.025,{},gpt-4o,input",
        "0.01,{},gpt-4o,output",
        "0.04,{},gpt-4o,web_search",
        "0.165,{},whisper-1,audio_hour",
    ]
    result = compared("\n".join([columns, *(line.format(span) for line in lines)]) + "\n")
    assert (result.causes, result.within_tolerance) == ((), True)
    assert _rows(result)["whisper-1", "audio"] == (Decimal("0.165"), Decimal("0.165"))
    assert _rows(result)["gpt-4o", "units"] == (Decimal("0.04"), Decimal("0.04"))
