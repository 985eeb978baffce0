"""Reading spans of time from an API, page by page, so that every row comes at least once or somebody is told."""

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from llmcost.domain.errors import UpstreamError
from llmcost.domain.pulled import Page, Span, Stream
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.rows import Rows, rows_of
from llmcost.gateways.windows import parts, windows
from llmcost.net.fetching import Answer, Asked, Fetcher

_PARTS = 8
_COUNTABLE = 20_000
"""Rows of one window whose identities are kept to compare them with the server's count."""
_TRIES = 3
_USELESS = 20
"""Pages in a row that may bring nothing new."""
_ABSENT = {404, 405, 501}
_REFUSED = {401, 403}
_EXPIRED = {400, 404, 409, 410, 422}

Progress = Callable[[int, int], None]


class RefusedError(UpstreamError):
    """The key is not good enough."""


class _TooManyError(Exception):
    """The window must be read in parts."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _DisturbedError(Exception):
    """What was read of a window cannot be all of it."""


def _now() -> datetime:
    return datetime.now(UTC)


class Puller:
    """One kind of record of one gateway."""

    def __init__(
        self,
        stream: Stream,
        gateway: Gateway,
        fetcher: Fetcher,
        *,
        now: Callable[[], datetime] = _now,
        late: timedelta | None = None,
    ) -> None:
        self.stream = stream
        self.gateway = gateway
        self.fetcher = fetcher
        self._now = now
        self._late = gateway.late if late is None else late
        self._ways = gateway.streams[stream.name]
        self._way: Endpoint | None = self._ways[0] if len(self._ways) == 1 else None

    def pages(self, spans: Iterable[Span], progress: Progress | None = None) -> Iterator[Page]:
        """Every record of the spans, oldest first; the page that completes a window says so.

        Raises UpstreamError when the API cannot be read; what came before stands.
        """
        wanted = list(spans)
        if not wanted:
            return
        way = self._chosen(wanted[0])
        total = sum((_seconds(span) for span in wanted), 0)
        done = 0
        for span in wanted:
            todo = deque(windows(span, way.window, way.grain))
            tries: Counter[Span] = Counter()
            while todo:
                window = todo.popleft()
                try:
                    yield from self._window(way, window)
                except _TooManyError as error:
                    todo.extendleft(reversed(parts(window, error.number, way.grain)))
                except _DisturbedError as error:
                    tries[window] += 1
                    smaller = parts(window, _PARTS, way.grain)
                    if len(smaller) == 1 and tries[window] >= _TRIES:
                        raise UpstreamError(
                            f"{self.stream.shown}: {error}, of {window.since:%Y-%m-%d %H:%M:%S} and later",
                            hint="what was read is kept; the same command goes on from there",
                        ) from error
                    todo.extendleft(reversed(smaller))
                else:
                    done += _seconds(window)
                    if progress is not None:
                        progress(min(done, total), total)

    def first_page(self, span: Span) -> bool:
        """Whether the API answers with any record of the end of a span."""
        way = self._chosen(span)
        window = windows(span, way.window, way.grain)[-1]
        return bool(self._fetch(way, way.paging.first(_asked(way, window)), first=True)[1].texts)

    def _chosen(self, span: Span) -> Endpoint:
        """The first way that the server has."""
        if self._way is None:
            for way in self._ways[:-1]:
                (window, *_) = windows(span, way.window, way.grain)
                asked = way.paging.first(_asked(way, window))
                if self.fetcher.fetch(asked, lambda answer: answer).status not in _ABSENT:
                    self._way = way
                    break
            else:
                self._way = self._ways[-1]
        return self._way

    def _window(self, way: Endpoint, window: Span) -> Iterator[Page]:
        begun = self._now()
        asked: Asked | None = way.paging.first(_asked(way, window))
        before: set[str] = set()
        known: set[str] = set()
        most = useless = 0
        while asked is not None:
            place = json.dumps([asked.query, asked.body], sort_keys=True)
            if place in before:
                raise _DisturbedError("the server names a page twice")
            before.add(place)
            answer, page = self._fetch(way, asked, first=len(before) == 1)
            total = way.paging.total(page)
            following = way.paging.following(asked, page)
            self._check_size(way, window, answer, page, last=following is None)
            if total is not None and total < most:
                raise _DisturbedError("rows vanished while they were read")
            most = max(most, total or 0)
            new = set(page.identities) - known
            useless = 0 if new else useless + 1
            if useless >= _USELESS:
                raise _DisturbedError("page after page brings nothing new")
            # Without a count only the last page matters, and memory stays flat.
            known = known | new if total is not None else set(page.identities)
            if total is not None and len(known) >= total:
                following = None
            if following is None and total is not None and len(known) < total:
                raise _DisturbedError(f"the server has {total:,} rows and gave {len(known):,}")
            yield Page(
                stream=self.stream,
                source=way.source,
                records=page.texts,
                covered=self._settled(window, begun) if following is None else None,
            )
            asked = following

    def _check_size(self, way: Endpoint, window: Span, answer: Answer, page: Rows, *, last: bool) -> None:
        """Raise when the window must be read in parts, or should be and cannot."""
        total = way.paging.total(page)
        if not way.paging.too_many(page, answer.headers):
            if total is not None and total > _COUNTABLE and len(parts(window, 2, way.grain)) > 1:
                raise _TooManyError(min(-(-2 * total // _COUNTABLE), 64))
            return
        if len(parts(window, 2, way.grain)) > 1:
            raise _TooManyError(_PARTS)
        if last:
            raise UpstreamError(
                f"{self.stream.shown}: it gives only a part of the rows of {window.since:%Y-%m-%d %H:%M:%S} and later",
                hint="a newer version of the gateway may give out all of them",
            )

    def _settled(self, window: Span, begun: datetime) -> Span | None:
        """The part of a window in which no more rows are expected."""
        until = min(window.until, begun - self._late)
        return Span(since=window.since, until=until) if until > window.since else None

    def _fetch(self, way: Endpoint, asked: Asked, *, first: bool) -> tuple[Answer, Rows]:
        def read(answer: Answer) -> tuple[Answer, Rows | None]:
            if not answer.ok or "html" in answer.headers.get("content-type", ""):
                return answer, None
            try:
                return answer, rows_of(answer.text, way.rows, way.identity)
            except LookupError:
                return answer, None

        answer, page = self.fetcher.fetch(asked, read)
        if page is not None:
            return answer, page
        place = f"{self.fetcher.url}{way.path}"
        if answer.status in _REFUSED:
            raise RefusedError(
                f"{place}: the key was refused, {self.fetcher.said(answer)}",
                hint=f"check {' and '.join(self.gateway.auth.variables)} and what the key may read",
            )
        if answer.status in _EXPIRED and not first:
            raise _DisturbedError(f"the server does not go on: {self.fetcher.said(answer)}")
        if answer.ok or answer.status in _ABSENT:
            raise UpstreamError(
                f"{place}: this is no answer of {self.gateway.title}, {self.fetcher.said(answer)}",
                hint="check the address given with --url",
            )
        raise UpstreamError(f"{place}: the server answered {self.fetcher.said(answer)}")


def _asked(way: Endpoint, window: Span) -> Asked:
    return Asked(path=way.path, query=way.query(window), body=None if way.body is None else way.body(window))


def _seconds(span: Span) -> int:
    return int((span.until - span.since).total_seconds())
