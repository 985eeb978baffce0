"""What a file in `apis/` says about an API."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import Auth
from llmcost.gateways.jobs import Job
from llmcost.gateways.lookups import Lookup
from llmcost.gateways.paging import Paging
from llmcost.gateways.tables import Table
from llmcost.net.fetching import MIB

Values = Mapping[str, str | Sequence[str]]


def _nothing(_: Span) -> Values:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """Parts of a gateway that are asked one by one, and how they are listed."""

    path: str
    rows: str
    identity: str
    """The key of what stands for `{scope}` in the paths of endpoints."""
    name: str
    """The key of what people call it."""
    paging: Paging


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One way to ask for records of a span of time."""

    path: str
    sources: tuple[str, ...]
    """The ids of the sources that read its rows."""
    paging: Paging
    rows: str | None = "data"
    """The key of the list of rows; None when the answer is the list itself."""
    identity: str = "id"
    """The key that tells one row from another."""
    query: Callable[[Span], Values] = _nothing
    body: Callable[[Span], Mapping[str, Any]] | None = None
    """Sent as JSON, with POST."""
    window: timedelta = timedelta(days=1)
    """The longest span that is asked for at once."""
    grain: timedelta = timedelta(seconds=1)
    """What spans are whole multiples of, counted from midnight UTC; also the shortest span."""
    limit: int = 64 * MIB
    """Bytes in the largest answer that is taken."""
    job: Job | None = None
    """Where answers are exports that have to be ordered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """An API to pull from."""

    title: str
    auth: Auth
    streams: Mapping[str, tuple[Endpoint, ...]]
    """Kinds of record by name. Of each, ways to ask in order of preference: the first that the server has is used."""
    lookup: Lookup | None = None
    """Instead of streams: what is asked of each call that the ledger knows of."""
    table: Table | None = None
    """Instead of streams: where its calls stand in a database of its own."""
    scopes: Scopes | None = None
    keyed: bool = False
    """Whether the key alone decides whose records come, a project's or an organisation's: what was read is then remembered by key."""
    url: str | None = None
    """Where it is, unless it is self-hosted."""
    example: str = "https://gateway.example.com"
    """What an address looks like that has to be named."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with every request besides the credentials."""
    lookback: timedelta = timedelta(days=30)
    """How far back a first pull goes, unless told."""
    late: timedelta = timedelta(hours=1)
    """How late a record may appear: that much of the end is read again the next time.

    Most list a call under the time at which it began, and have it when it has ended; the longest answers take half an hour and
    more.
    """
    poll: timedelta = timedelta(minutes=1)
    """The pause between two looks with --follow."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The ids of all sources that read its rows, sorted."""
        of_streams = {one for ways in self.streams.values() for way in ways for one in way.sources}
        others = [one.sources for one in (self.lookup, self.table) if one is not None]
        return tuple(sorted(of_streams.union(*others)))

    @property
    def limit(self) -> int:
        """Bytes in the largest answer of any kind that is taken."""
        return max((way.limit for ways in self.streams.values() for way in ways), default=MIB)
