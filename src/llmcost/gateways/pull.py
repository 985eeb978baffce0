"""Reading spans of time from an API, page by page, so that every row comes at least once or somebody is told."""

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from llmcost.domain.errors import UpstreamError
from llmcost.domain.pulled import Page, Span, Stream
from llmcost.gateways.answers import ABSENT, ExpiredError, fetched
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.jobs import CutShortError, TooManyRowsError, exported
from llmcost.gateways.rows import Rows
from llmcost.gateways.windows import parts, settled, windows
from llmcost.net.fetching import Answer, Asked, Fetcher

_PARTS = 8
_COUNTABLE = 20_000
"""Rows of one window whose identities are kept to compare them with the server's count."""
_TRIES = 3
_EMPTY = 20
"""Pages in a row that may be empty."""
Progress = Callable[[int, int], None]


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
        kind: str = "requests",
        scope: str = "",
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.stream = stream
        self.gateway = gateway
        self.fetcher = fetcher
        self._now = now
        self._scope = quote(scope, safe="")
        self._ways = gateway.streams[kind]
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

    def has_rows(self, span: Span) -> bool:
        """Whether the API answers with any record of a span; the newest are asked for first."""
        way = self._chosen(span)
        return any(self._has_rows(way, window) for window in reversed(windows(span, way.window, way.grain)))

    def _has_rows(self, way: Endpoint, window: Span) -> bool:
        if way.job is not None:
            try:
                return bool(exported(self.gateway, self.fetcher, way, window).texts)
            except (TooManyRowsError, CutShortError):
                return True
            except ExpiredError as error:
                raise UpstreamError(f"{self.stream.shown}: {error}") from error
        return bool(self._fetch(way, way.paging.first(self._asked(way, window)), first=True)[1].texts)

    def _chosen(self, span: Span) -> Endpoint:
        """The first way that the server has."""
        if self._way is None:
            for way in self._ways[:-1]:
                (window, *_) = windows(span, way.window, way.grain)
                asked = way.paging.first(self._asked(way, window))
                if self.fetcher.fetch(asked, lambda answer: answer).status not in ABSENT:
                    self._way = way
                    break
            else:
                self._way = self._ways[-1]
        return self._way

    def _window(self, way: Endpoint, window: Span) -> Iterator[Page]:
        if way.job is not None:
            yield self._export(way, window)
            return
        begun = self._now()
        asked: Asked | None = way.paging.first(self._asked(way, window))
        before: set[str] = set()
        known: set[str] = set()
        most = empty = 0
        while asked is not None:
            place = json.dumps([asked.query, asked.body], sort_keys=True)
            if place in before:
                raise _DisturbedError("the server names a page twice")
            before.add(place)
            answer, page = self._fetch(way, asked, first=len(before) == 1)
            if way.paging.is_broken_off(page):
                raise _DisturbedError("the server ran out of time while it searched")
            total = way.paging.total(page)
            following = way.paging.following(asked, page)
            self._check_size(way, window, answer, page, last=following is None)
            if total is not None and total < most:
                raise _DisturbedError("rows vanished while they were read")
            most = max(most, total or 0)
            new = set(page.identities) - known
            empty = 0 if page.texts else empty + 1
            if empty > _EMPTY or (page.texts and not new):
                raise _DisturbedError("page after page brings nothing new")
            # Without a count only the last page matters, and memory stays flat.
            known = known | new if total is not None else set(page.identities)
            if total is not None and len(known) >= total:
                following = None
            if following is not None and way.paging.too_deep(following) and len(parts(window, 2, way.grain)) > 1:
                raise _TooManyError(_PARTS)
            if following is None and total is not None and len(known) < total:
                raise _DisturbedError(f"the server has {total:,} rows and gave {len(known):,}")
            yield Page(
                stream=self.stream,
                sources=way.sources,
                records=page.texts,
                covered=self._settled(window, begun) if following is None else None,
            )
            asked = following

    def _export(self, way: Endpoint, window: Span) -> Page:
        begun = self._now()
        try:
            rows = exported(self.gateway, self.fetcher, way, window)
        except TooManyRowsError as error:
            most = way.job.most if way.job is not None else error.rows
            if len(parts(window, 2, way.grain)) == 1:
                raise UpstreamError(
                    f"{self.stream.shown}: more than {most:,} rows at {window.since:%H:%M:%S}"
                ) from error
            raise _TooManyError(-(-2 * error.rows // most)) from error
        except (ExpiredError, CutShortError) as error:
            raise _DisturbedError(str(error)) from error
        return Page(
            stream=self.stream,
            sources=way.sources,
            records=rows.texts,
            covered=self._settled(window, begun),
        )

    def _settled(self, window: Span, begun: datetime) -> Span | None:
        """What of a window, read since `begun`, is complete; a clock of ours that is ahead of the server's does not make it more."""
        ahead = timedelta(0) if self.fetcher.date is None else self._now() - self.fetcher.date
        return settled(window, begun - max(ahead, timedelta(0)), self.gateway.late)

    def _check_size(self, way: Endpoint, window: Span, answer: Answer, page: Rows, *, last: bool) -> None:
        """Raise when the window must be read in parts, or should be and cannot."""
        total = way.paging.total(page)
        if not way.paging.too_many(page, answer.headers):
            if total is not None and total > _COUNTABLE and len(parts(window, 2, way.grain)) > 1:
                raise _TooManyError(min(-(-2 * total // _COUNTABLE), 64))
            return
        if len(parts(window, 2, way.grain)) > 1:
            raise _TooManyError(_PARTS)
        # After an empty page there is nothing left; without one, only the server knows what.
        if last and page.texts:
            raise UpstreamError(
                f"{self.stream.shown}: it gives only a part of the rows of {window.since:%Y-%m-%d %H:%M:%S} and later",
                hint="a newer version of the gateway may give out all of them",
            )

    def _asked(self, way: Endpoint, window: Span) -> Asked:
        path = way.path.replace("{scope}", self._scope)
        return Asked(path=path, query=way.query(window), body=None if way.body is None else way.body(window))

    def _fetch(self, way: Endpoint, asked: Asked, *, first: bool) -> tuple[Answer, Rows]:
        try:
            return fetched(self.gateway, self.fetcher, asked, rows=way.rows, identity=way.identity, first=first)
        except ExpiredError as error:
            raise _DisturbedError(str(error)) from error


def _seconds(span: Span) -> int:
    return int((span.until - span.since).total_seconds())
