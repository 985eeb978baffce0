"""APIs that tell of one call at a time: those the ledger knows by name are looked up, each once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost.domain.errors import UpstreamError
from llmcost.domain.pulled import Page, Stream
from llmcost.domain.text import plural
from llmcost.gateways.answers import ForbiddenError, RefusedError, fetched
from llmcost.net.fetching import Asked, Fetcher

if TYPE_CHECKING:
    from llmcost.gateways.gateway import Gateway
    from llmcost.gateways.pull import Progress

_TOGETHER = 100
_IN_A_ROW = 3
"""Calls in a row that cannot be looked up, after which it is the API that fails and not they."""


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
    """What the API knows of these calls; it may have forgotten some, and a single one that it fails to tell holds back no other.

    Raises UpstreamError when the API cannot be read, or in the end when some of the calls could not; what came before stands.
    """
    lookup = gateway.lookup
    if lookup is None:
        raise AssertionError(f"{gateway.title} has no lookup")
    found: list[str] = []
    failed: list[UpstreamError] = []
    in_a_row = 0
    for number, one in enumerate(ids, 1):
        asked = Asked(path=lookup.path, query={lookup.query: one})
        ended = False
        try:
            _, page = fetched(gateway, fetcher, asked, rows=lookup.rows, identity="id", absent=True)
        except UpstreamError as error:
            failed.append(error)
            in_a_row += 1
            ended = in_a_row == _IN_A_ROW or _is_of_every_call(error)
        else:
            found += page.texts
            in_a_row = 0
        if found and (ended or len(found) >= _TOGETHER or number == len(ids)):
            yield Page(stream=stream, sources=lookup.sources, records=found)
            found = []
        if ended:
            raise failed[-1]
        if progress is not None:
            progress(number, len(ids))
    if failed:
        raise UpstreamError(
            f"{stream.shown}: {plural(len(failed), 'call')} of {len(ids):,} could not be looked up; {failed[0].message}",
            hint="what was read is kept; the same command asks for the others again",
        )


def _is_of_every_call(error: UpstreamError) -> bool:
    """Whether no other call would fare better: what is forbidden may be one call, made with the key of somebody else."""
    return isinstance(error, RefusedError) and not isinstance(error, ForbiddenError)
