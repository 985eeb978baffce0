"""What tests of exports share: a price list whose sums are easy, calls of every kind, and questions about them."""

from datetime import UTC
from pathlib import Path
from typing import Any

from tests.ingesting import native, read, write

from llmcost.domain.period import Period
from llmcost.reports.question import Question, selection

PRICES = """\
schema: llmcost-pricing/1
currency: USD
as_of: 2026-01-01
sources:
  own: {url: "https://prices.example/", checked: 2026-01-01}
models:
  - id: openai/plain
    prices:
      - source: own
        rates: {input: 2, cache_read: 0.5, cache_write_5m: 2.5, cache_write_1h: 4, output: 8, input_audio: 10,
                cache_read_audio: 1, output_audio: 20, input_image: 3, output_image: 30}
        variants:
          - {when: {processing: batch}, rates: {input: 1, cache_read: 0.25, cache_write_5m: 1.25, cache_write_1h: 2,
             output: 4, input_audio: 5, cache_read_audio: 0.5, output_audio: 10, input_image: 1.5, output_image: 15}}
        multipliers: [{when: {inference_region: us}, factor: 1.1}]
        fees: {web_search: 10, request: 5}
  - id: openai/long
    prices:
      - source: own
        rates: {input: 1, output: 10}
        tiers: [{above: 1000, rates: {input: 2, output: 15}}]
  - id: anthropic/agreed
    prices:
      - {source: own, rates: {input: 3, cache_read: 0.3, output: 15, reasoning: 15}, fees: {web_search: 10}}
  - id: groq/spoken
    prices:
      - {source: own, fees: {audio_hour: 0.04, character: 15}, minimums: {audio_seconds: 10}}
contracts:
  - {name: deal, provider: anthropic, models: ["anthropic/*"], discount_pct: 12.3457, applies_to: [tokens]}
"""

CALLS: tuple[dict[str, Any], ...] = (
    {"model": "plain", "provider": "openai", "input_tokens": 1000, "output_tokens": 100},
    {
        "model": "plain",
        "provider": "openai",
        "input_tokens": 1000,
        "cache_read_input_tokens": 300,
        "cache_read_audio_input_tokens": 50,
        "cache_write_5m_input_tokens": 7,
        "cache_write_1h_input_tokens": 9,
        "input_audio_tokens": 11,
        "input_image_tokens": 13,
        "output_tokens": 400,
        "reasoning_output_tokens": 30,
        "output_audio_tokens": 40,
        "output_image_tokens": 50,
        "web_searches": 3,
        "inference_region": "us",
    },
    {"model": "plain", "provider": "openai", "input_tokens": 77, "output_tokens": 3, "processing": "batch"},
    {"model": "long", "provider": "openai", "input_tokens": 1000, "output_tokens": 10},
    {"model": "long", "provider": "openai", "input_tokens": 1001, "output_tokens": 10},
    *(
        {
            "model": "agreed",
            "provider": "anthropic",
            "input_tokens": 1000 + count,
            "cache_read_input_tokens": 777,
            "output_tokens": 333,
            "reasoning_output_tokens": 111,
            "web_searches": 1,
        }
        for count in range(5)
    ),
    *({"model": "spoken", "provider": "groq", "audio_seconds": seconds} for seconds in ("0.5", "7", "61.234567")),
    {"model": "spoken", "provider": "groq", "characters": 1234},
    {"model": "unknown to us", "provider": "openai", "input_tokens": 5, "output_tokens": 5},
    {"model": "plain", "provider": "openai", "status": "blocked"},
    {
        "model": "plain",
        "provider": "openrouter",
        "input_tokens": 50,
        "output_tokens": 5,
        "cost": "0.0123",
        "cost_status": "billed",
    },
    {"model": "plain", "provider": "openai", "input_tokens": 9, "output_tokens": 9, "charge_basis": "subscription"},
)
"""Native records: every unit of cost, tiers, factors, discounts that do not divide, and calls that are no charge."""


def question(**parts):
    return Question(**{"zone": UTC, "basis": "requests", **parts})


def chosen(ledger, since=None, until=None, where=()):
    return selection(ledger, question(period=Period(since=since, until=until), where=where))


def ledger_of(folder: Path, records, name="llmcost.duckdb"):
    """A ledger that has read these native records, rated with `PRICES`; returns its path."""
    (folder / "prices.yaml").write_text(PRICES, "utf-8")
    lines = [native(**{"request_id": f"r{number}", **record}) for number, record in enumerate(records)]
    for line in lines:
        if "audio_seconds" in line or "characters" in line:
            line.pop("input_tokens"), line.pop("output_tokens")
    read(folder / name, write(folder / f"{name}.jsonl", lines), pricing=[folder / "prices.yaml"])
    return folder / name


def calls_ledger(folder: Path):
    """A ledger of `CALLS`, spread over three days and a few customers."""
    days = ("2026-11-01T10:00:00Z", "2026-11-02T23:59:59.5Z", "2026-11-30T00:00:00Z")
    who: tuple[dict[str, Any], ...] = ({"customer_id": "acme", "team": "search"}, {"customer_id": "globex"}, {})
    records = [
        {"timestamp": days[number % 3], **who[number % 2 if number % 5 else 2], **call}
        for number, call in enumerate(CALLS * 3)
    ]
    return ledger_of(folder, records)
