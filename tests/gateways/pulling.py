"""What tests of a pull share: one run against a server on this machine, with a clock and pauses of our own."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.gateways.loopback import KEY, Api

from llmcost.compose.pulling import Round, Surroundings, Wanted, pull
from llmcost.domain.errors import LlmcostError
from llmcost.domain.period import Period
from llmcost.domain.pulled import Span, Stream
from llmcost.gateways.pull import Puller
from llmcost.gateways.registry import gateway_named
from llmcost.gateways.session import session
from llmcost.ingest.request import IngestRequest
from llmcost.net.fetching import Patience

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
CALM = Patience(attempts=4, connect=20, read=30, whole=60, longest_pause=20)
HASTY = Patience(attempts=4, connect=20, read=0.3, whole=60, longest_pause=20)
"""For servers that stall."""


def at(text: str) -> datetime:
    """An instant, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def given(
    api: Api, *, since: str = "2026-11-01", until: str = "2026-11-05T12:00:00", patience: Patience = CALM
) -> tuple[list[str], LlmcostError | None]:
    """The ids of the rows that a pull of LiteLLM brings, each once and sorted, without any ledger; and what ended it."""
    gateway = gateway_named("litellm")
    found: set[str] = set()
    with session(gateway, api.url, {"LITELLM_API_KEY": KEY}, patience=patience, pause=lambda _: None) as fetcher:
        puller = Puller(Stream(gateway="litellm", url=api.url), gateway, fetcher, now=lambda: NOW)
        try:
            for page in puller.pages([Span(since=at(since), until=at(until))]):
                found |= {json.loads(record)["request_id"] for record in page.records}
        except LlmcostError as error:
            return sorted(found), error
    return sorted(found), None


def run(
    api: Api,
    ledger: Path,
    *,
    gateway: str = "litellm",
    path: str = "",
    since: str | None = "2026-11-01",
    until: str | None = None,
    again: bool = False,
    now: datetime = NOW,
    waits: list[float] | None = None,
    environ: Mapping[str, str] | None = None,
    patience: Patience = CALM,
    **request: Any,
) -> Round:
    """One pull."""
    wanted = Wanted(
        gateway=gateway,
        url=api.url + path,
        period=Period(since=at(since) if since else None, until=at(until) if until else None),
        again=again,
    )
    around = Surroundings(
        environ={"LITELLM_API_KEY": KEY} if environ is None else environ,
        now=lambda: now,
        pause=(waits if waits is not None else []).append,
        patience=patience,
    )
    return pull(IngestRequest(paths=(), ledger=ledger, summary=False, **request), [wanted], around)
