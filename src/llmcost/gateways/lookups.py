"""APIs that tell of one call at a time: those the ledger knows by name are looked up, each once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost.domain.pulled import Page, Stream
from llmcost.gateways.answers import fetched
from llmcost.net.fetching import Asked, Fetcher

if TYPE_CHECKING:
    from llmcost.gateways.gateway import Gateway
    from llmcost.gateways.pull import Progress

_TOGETHER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """How a call is asked for."""

    path: str
    query: str
    """The name of the parameter that holds its id."""
    sources: tuple[str, ...]
    rows: str = "data"
    prefix: str
    """What the ids of its calls begin with."""
    reporter: str
    """What `reported_by` says of a call that was looked up and has no bill."""


def looked_up(
    stream: Stream,
    gateway: "Gateway",
    fetcher: Fetcher,
    ids: Sequence[str],
    progress: "Progress | None" = None,
) -> Iterator[Page]:
    """What the API knows of these calls; it may have forgotten some. Raises UpstreamError when it cannot be read."""
    lookup = gateway.lookup
    if lookup is None:
        raise AssertionError(f"{gateway.title} has no lookup")
    found: list[str] = []
    for number, one in enumerate(ids, 1):
        asked = Asked(path=lookup.path, query={lookup.query: one})
        _, page = fetched(gateway, fetcher, asked, rows=lookup.rows, identity="id", absent=True)
        found += page.texts
        if len(found) >= _TOGETHER or number == len(ids):
            yield Page(stream=stream, sources=lookup.sources, records=found)
            found = []
        if progress is not None:
            progress(number, len(ids))
