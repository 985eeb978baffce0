"""APIs that write an export when asked to: a job is made and started, waited for, and its file fetched from elsewhere."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost.domain.errors import UpstreamError
from llmcost.domain.pulled import Span
from llmcost.gateways.answers import ExpiredError, fetched
from llmcost.gateways.rows import DamagedError, Rows, lines_of
from llmcost.net.fetching import Answer, Asked, Fetcher

if TYPE_CHECKING:
    from llmcost.gateways.gateway import Endpoint, Gateway

_LONGEST_PAUSE = 30.0
_LOOKS = 120
"""How often a job is looked at: an hour and a little less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """How an export is ordered; `{id}` in a path stands for the job."""

    body: Callable[[Span], Mapping[str, Any]]
    """What the job is made with, by POST to the endpoint's own path."""
    start: str
    state: str
    download: str
    most: int
    """Rows one export may have."""
    identity: str = "id"
    count: str = "total"
    """Where the answer to making it says how many rows it will have."""
    status: str = "status"
    done: str = "success"
    failed: tuple[str, ...] = ("failed", "stopped")
    link: str = "signed_url"
    """Where the answer to the download says from where to fetch the file: an address that is itself the permission."""


class TooManyRowsError(Exception):
    """The export would have this many rows, and must not."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows


class CutShortError(Exception):
    """The file has fewer rows than the export was said to have."""


def exported(gateway: "Gateway", fetcher: Fetcher, way: "Endpoint", window: Span) -> Rows:
    """The rows of a window, from an export of its own.

    Raises TooManyRowsError when they do not fit into one, ExpiredError when the job or its file is gone before it was
    fetched, CutShortError when rows are missing from the file, UpstreamError when the job fails.
    """
    if way.job is None:
        raise AssertionError(f"{way.path} has no jobs")
    job = way.job

    def asked(path: str, body: Mapping[str, Any] | None = None) -> Rows:
        asked = Asked(path=path, body=body)
        return fetched(gateway, fetcher, asked, rows=None, identity="id", first=path == way.path)[1]

    made = _object(asked(way.path, job.body(window)))
    total = made.get(job.count)
    if isinstance(total, int) and total > job.most:
        raise TooManyRowsError(total)
    if total == 0:
        return Rows(texts=[], identities=[], envelope={})
    name = str(made.get(job.identity))
    asked(job.start.replace("{id}", name), {})
    pause = 1.0
    for _ in range(_LOOKS):
        status = _object(asked(job.state.replace("{id}", name))).get(job.status)
        if status == job.done:
            break
        if status in job.failed:
            raise UpstreamError(f"{fetcher.url}: export {name} {status}", hint="try again, or ask for a shorter time")
        fetcher.wait(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    else:
        raise UpstreamError(f"{fetcher.url}: export {name} is not ready after an hour", hint="try again later")
    link = _object(asked(job.download.replace("{id}", name))).get(job.link)
    if not isinstance(link, str):
        raise UpstreamError(f"{fetcher.url}: export {name} has no file")

    def read(answer: Answer) -> Rows | None:
        return lines_of(answer.text, way.identity) if answer.ok else None

    found = fetcher.elsewhere(link, read)
    if found is None:
        raise ExpiredError(f"the file of export {name} cannot be fetched")
    # A connection may end between two lines as if that were the end of the file.
    if isinstance(total, int) and len(found.texts) < total:
        raise CutShortError(f"the server has {total:,} rows and gave {len(found.texts):,}")
    return found


def _object(page: Rows) -> Mapping[str, Any]:
    """The one object that is the answer."""
    try:
        found = json.loads(page.texts[0])
    except (IndexError, ValueError) as error:
        raise DamagedError("it is no object") from error
    return found if isinstance(found, dict) else {}
