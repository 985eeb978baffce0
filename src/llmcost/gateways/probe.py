"""Whether a gateway answers, whether it takes the key, and whether it has recent records."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from llmcost.domain.errors import UpstreamError
from llmcost.domain.pulled import Span
from llmcost.gateways.answers import RefusedError, fetched
from llmcost.gateways.gateway import Gateway
from llmcost.gateways.pull import Puller
from llmcost.gateways.registry import gateway_named
from llmcost.gateways.scopes import parts_of
from llmcost.gateways.session import address_of, session
from llmcost.gateways.tables import database, has_rows
from llmcost.net.fetching import Asked, Patience
from llmcost.net.postgres import Database, LoginError

_HASTY = Patience(attempts=2, connect=5, read=15, whole=30, longest_pause=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What one look at a gateway found."""

    gateway: str
    url: str
    reachable: bool
    authorised: bool | None
    """None when it was not reached."""
    recent: bool | None
    """Whether it has any record of the time looked at; None when an error kept it from telling, or it tells of single calls."""
    detail: str | None = None
    """What is wrong, without credentials."""
    hint: str | None = None


def probe(
    gateway: str,
    url: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    now: datetime | None = None,
    within: timedelta = timedelta(days=1),
    pause: Callable[[float], None] = time.sleep,
) -> Probe:
    """Ask a gateway for the first records of the time `within` before now.

    Takes no longer than about a minute. Raises UsageError for an unknown gateway, a bad address or a missing key.
    """
    known = gateway_named(gateway)
    address = address_of(gateway, known, url)
    # A fraction of a second would be a window of its own, and with it a request more.
    until = (now if now is not None else datetime.now(UTC)).replace(microsecond=0)
    recent = False
    if known.table is not None:
        with database(known, address, environ, pause=pause) as found:
            return _of_database(gateway, known, found, Span(since=until - within, until=until))
    with session(known, address, environ, patience=_HASTY, pause=pause) as fetcher:
        try:
            if known.lookup is not None:
                asked = Asked(path=known.lookup.path, query={known.lookup.query: f"{known.lookup.prefix}0"})
                fetched(known, fetcher, asked, rows=known.lookup.rows, identity="id", absent=True)
            for part in parts_of(gateway, known, fetcher) if known.streams else ():
                puller = Puller(part.stream, known, fetcher, kind=part.kind, scope=part.scope)
                recent = puller.has_rows(Span(since=until - within, until=until)) or recent
        except RefusedError as error:
            return _failed(gateway, address, error, reachable=True, authorised=False)
        except UpstreamError as error:
            # A server that answers with an error is reached; whether the key is good is not known then.
            return _failed(gateway, address, error, reachable=fetcher.answered, authorised=None)
    return Probe(
        gateway=gateway,
        url=address,
        reachable=True,
        authorised=True,
        recent=None if known.lookup is not None else recent,
    )


def _of_database(name: str, gateway: Gateway, found: Database, span: Span) -> Probe:
    try:
        recent = has_rows(gateway, found, span)
    except UpstreamError as error:
        authorised = False if isinstance(error, LoginError) else None
        return _failed(name, found.url, error, reachable=found.answered, authorised=authorised)
    return Probe(gateway=name, url=found.url, reachable=True, authorised=True, recent=recent)


def _failed(gateway: str, url: str, error: UpstreamError, *, reachable: bool, authorised: bool | None) -> Probe:
    return Probe(
        gateway=gateway,
        url=url,
        reachable=reachable,
        authorised=authorised,
        recent=None,
        detail=error.message,
        hint=error.hint,
    )
