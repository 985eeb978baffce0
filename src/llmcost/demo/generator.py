"""Put the demonstration log together."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from llmcost.demo.events import plant
from llmcost.demo.facts import Bookkeeper
from llmcost.demo.files import write_months
from llmcost.demo.people import everyday_calls
from llmcost.demo.tenants import found_company
from llmcost.demo.traffic import call_times

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost.demo.facts import DemoFacts

SMALLEST = 1_000
"""Fewer requests than this leave no room for the planted ones."""


def generate(
    directory: Path, *, seed: int = 2026, until: date = date(2026, 11, 21), days: int = 92, requests: int = 60_000
) -> DemoFacts:
    """Write a gateway's log for the `days` before `until` into `directory` and return what it contains.

    The log has LiteLLM's SpendLogs shape, one file a month, the oldest compressed. The same arguments give the same
    lines on every machine; only the compressed bytes of the oldest file depend on the zlib in use.
    Raises ValueError for fewer than 1,000 requests or 7 days, OSError if the directory cannot be written.
    """
    if requests < SMALLEST or days < 7:
        raise ValueError(f"a demonstration needs at least {SMALLEST} requests over 7 days, got {requests} over {days}")
    since = until - timedelta(days=days)
    tenants = found_company(Random(f"{seed}:company"))  # noqa: S311 - reproducible on purpose, nothing secret
    planted = plant(
        Random(f"{seed}:events"),  # noqa: S311
        tenants,
        since=since,
        days=days,
        requests=requests,
    )
    rng = Random(f"{seed}:people")  # noqa: S311
    calls = planted.calls()
    times = call_times(rng, since, days, requests - len(calls))
    calls.extend(everyday_calls(rng, tenants, times, zombie_busy_until=planted.zombie_busy_until))
    calls.sort(key=lambda call: (call.started_at, call.request_id))

    books = Bookkeeper()
    for call in calls:
        books.record(call)
    files, oddities = write_months(directory, calls, Random(f"{seed}:files"))  # noqa: S311
    return books.facts(files=files, since=since, until=until, planted=planted, oddities=oddities)
