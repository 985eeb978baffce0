"""Gateways into the ledger: what is missing of each is asked for, and comes in with how far it reaches."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from llmcost.domain.errors import LlmcostError, UpstreamError, UsageError
from llmcost.domain.period import Period
from llmcost.domain.pulled import Span, Stream
from llmcost.gateways.answers import RefusedError
from llmcost.gateways.lookups import looked_up
from llmcost.gateways.pull import Puller
from llmcost.gateways.registry import gateway_named
from llmcost.gateways.scopes import parts_of
from llmcost.gateways.session import address_of, session
from llmcost.gateways.tables import database, table_pages
from llmcost.gateways.windows import unread
from llmcost.ingest.intake import Intake
from llmcost.ingest.request import IngestRequest
from llmcost.ingest.result import IngestResult
from llmcost.ledger.failures import InUseError
from llmcost.net.fetching import Patience
from llmcost.net.postgres import LoginError, require_driver

Advance = Callable[[int, int], None]
Bar = Callable[[str], AbstractContextManager[Advance]]

_SLOWEST = 5
"""How many times the usual pause a quiet gateway is left alone when it is followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to pull."""

    gateway: str
    url: str | None = None
    period: Period = field(default_factory=Period)
    again: bool = False
    """Also what has been read before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a pull takes from outside."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    pause: Callable[[float], None] = time.sleep
    patience: Patience | None = None
    """How long answers are waited for; None is the usual."""
    say: Callable[[str], None] = lambda _: None
    bar: Bar = lambda _: nullcontext(lambda _done, _total: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One look at every gateway."""

    result: IngestResult
    errors: tuple[LlmcostError, ...]
    """What went wrong, one for each gateway that could not be read to the end."""


def pull(request: IngestRequest, wanted: Sequence[Wanted], around: Surroundings) -> Round:
    """Read what is missing of each gateway. Raises UsageError for an unknown gateway, a bad address or a missing key."""
    check(wanted, around)
    with Intake(request) as intake:
        errors = [error for one in wanted for error in _streams(intake, one, around)]
        return Round(result=intake.finish(), errors=tuple(errors))


def follow(request: IngestRequest, wanted: Sequence[Wanted], around: Surroundings) -> Iterator[Round]:
    """Look again and again, with a pause that grows while nothing new comes; it ends when a key is refused.

    What could not be brought in because somebody else has the ledger is not covered, and is read by the next look.
    """
    quiet = 0
    while True:
        try:
            found = pull(request, wanted, around)
        except InUseError as error:
            found = Round(result=IngestResult(ledger=request.ledger, files=(), summary=None), errors=(error,))
        yield found
        if any(isinstance(error, RefusedError | LoginError) for error in found.errors):
            return
        quiet = 0 if found.result.total("new") else quiet + 1
        usual = max(gateway_named(one.gateway).poll for one in wanted)
        around.pause((usual * min(1 + quiet, _SLOWEST)).total_seconds())


def joined(one: IngestResult, other: IngestResult) -> IngestResult:
    """Two runs one after the other, as one."""
    return replace(
        other,
        files=one.files + other.files,
        late=one.late + other.late,
        locked_until=other.locked_until or one.locked_until,
    )


def check(wanted: Sequence[Wanted], around: Surroundings) -> None:
    """Everything that is wrong with what was asked for, before anything is read."""
    for one in wanted:
        gateway = gateway_named(one.gateway)
        address_of(one.gateway, gateway, one.url)
        gateway.auth.credentials(around.environ)
        if gateway.table is not None:
            require_driver()


def _streams(intake: Intake, wanted: Wanted, around: Surroundings) -> Iterator[LlmcostError]:
    gateway = gateway_named(wanted.gateway)
    url = address_of(wanted.gateway, gateway, wanted.url)
    if gateway.table is not None:
        stream = Stream(gateway=wanted.gateway, url=url)
        spans = _missing(intake.covered(stream), wanted, gateway.lookback, stream, around)
        with (
            database(gateway, url, around.environ, pause=around.pause) as found,
            around.bar(f"pulling {wanted.gateway}") as advance,
        ):
            taken = intake.take(stream, table_pages(stream, gateway, found, spans, advance, now=around.now))
        if taken.error is not None:
            yield taken.error
        return
    with session(gateway, url, around.environ, patience=around.patience, pause=around.pause) as fetcher:
        try:
            key = gateway.auth.credentials(around.environ).fingerprint
            parts = list(parts_of(wanted.gateway, gateway, fetcher, key))
        except UpstreamError as error:
            intake.fail(Stream(gateway=wanted.gateway, url=url))
            yield error
            return
        for part in parts:
            with around.bar(f"pulling {wanted.gateway}") as advance:
                if gateway.lookup is not None:
                    ids = intake.without_bill(gateway.lookup.prefix, gateway.lookup.reporter, wanted.period)
                    pages = looked_up(part.stream, gateway, fetcher, ids, advance)
                else:
                    reach = intake.covered(part.stream)
                    begun = intake.begun(part.stream)
                    spans = _missing(reach, wanted, gateway.lookback, part.stream, around, begun=begun)
                    puller = Puller(part.stream, gateway, fetcher, kind=part.kind, scope=part.scope, now=around.now)
                    pages = puller.pages(spans, advance)
                taken = intake.take(part.stream, pages)
            if taken.error is not None:
                yield taken.error


def _missing(
    covered: Sequence[Span],
    wanted: Wanted,
    lookback: timedelta,
    stream: Stream,
    around: Surroundings,
    *,
    begun: datetime | None = None,
) -> list[Span]:
    """What of the period asked for has not been read.

    Without a start: since the earliest time that ever was asked for, or as in a first pull where the period ends before it.
    With a key that was not read with before, since `begun`, the earliest time that was read with any: it may be a new one for
    the same records.
    """
    now = around.now()
    until = min(wanted.period.until or now, now)
    since = wanted.period.since
    if since is None:
        known = bool(covered) and covered[0].since < until
        since = covered[0].since if known else until - lookback
        if not covered and begun is not None and begun < until:
            since = begun
            around.say(
                f"{stream.shown}: a first pull with this key, from {since:%Y-%m-%d}; --since names another start"
            )
        elif not known:
            first = "" if covered else "a first pull, "
            around.say(f"{stream.shown}: {first}from {since:%Y-%m-%d}; --since names another start")
    if since >= until:
        if wanted.period.since is not None:
            raise UsageError("--since lies in the future", hint="name a time in the past")
        return []
    span = Span(since=since, until=until)
    return [span] if wanted.again else list(unread(span, covered))
