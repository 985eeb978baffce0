"""What tests of exports share: a small ledger of rated calls whose costs are known, and questions about it."""

from datetime import UTC

from tests.ingesting import native, read, write

from llmcost.domain.period import Period
from llmcost.reports.question import Question, selection

PRICES = """
schema: 1
as_of: 2026-01-01
sources:
  own: {url: "https://example.com/prices", checked: 2026-01-01}
models:
  openai/exact:
    prices:
      - {source: own, input: 2.00, output: 8.00, cache_read: 0.50, cache_write_5m: 2.50, input_audio: 10.00, cache_read_audio: 1.00}
"""


def question(**parts):
    return Question(**{"zone": UTC, "basis": "requests", **parts})


def chosen(ledger, since=None, until=None, where=()):
    return selection(ledger, question(period=Period(since=since, until=until), where=where))


def ledger_of(folder, records, name="llmcost.duckdb", **settings):
    """A ledger that has read these native records; returns its path."""
    log = write(folder / f"{name}.jsonl", [native(**record) for record in records])
    read(folder / name, log, **settings)
    return folder / name
