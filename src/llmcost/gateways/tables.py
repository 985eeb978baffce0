"""Gateways that are read from their own database: a table, one stretch of time after the other."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from llmcost.domain.errors import UpstreamError
from llmcost.domain.pulled import Page, Span, Stream
from llmcost.gateways.auth import Credentials, missing
from llmcost.gateways.windows import settled, windows
from llmcost.net.postgres import Database, Login, LoginError

if TYPE_CHECKING:
    from llmcost.gateways.gateway import Gateway
    from llmcost.gateways.pull import Progress

TOGETHER = 5000
"""Rows of one page."""
_TRIES = 3
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PostgresLogin:
    """The variables of libpq (https://www.postgresql.org/docs/current/libpq-envars.html)."""

    user: str = "PGUSER"
    password: str = "PGPASSWORD"  # noqa: S105  the name of a variable
    sslmode: str = "PGSSLMODE"

    @property
    def variables(self) -> tuple[str, ...]:
        """The first is needed; without the second libpq looks into `~/.pgpass`."""
        return (self.user, self.password)

    def credentials(self, environ: Mapping[str, str]) -> Credentials:
        """What must not be shown; UsageError when nobody is named."""
        login = self.login(environ)
        return Credentials(headers={}, secrets=() if login.password is None else (login.password,))

    def login(self, environ: Mapping[str, str]) -> Login:
        """Who reads; UsageError when nobody is named."""
        user = environ.get(self.user, "").strip()
        if not user:
            raise missing(self.user, self.user)
        return Login(user=user, password=environ.get(self.password) or None, sslmode=environ.get(self.sslmode) or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Where the calls of a gateway stand."""

    name: str
    time: str
    """The column of when a call began, UTC."""
    login: PostgresLogin
    sources: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    """Columns that are not read: prompts and answers."""
    no_calls: tuple[str, str] | None = None
    """A column, and its value in rows that are no calls."""
    window: timedelta = timedelta(days=1)
    """The time that one query asks for."""


def database(gateway: "Gateway", url: str, environ: Mapping[str, str], *, pause: Callable[[float], None]) -> Database:
    """A session to use in a `with` block; UsageError when the user is not named or the driver is missing."""
    return Database(url, _table(gateway).login.login(environ), pause=pause)


def table_pages(
    stream: Stream,
    gateway: "Gateway",
    session: Database,
    spans: Iterable[Span],
    progress: "Progress | None" = None,
    *,
    together: int = TOGETHER,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Page]:
    """Every row of the spans, oldest first; the page that completes a window says so.

    Raises UpstreamError when the database cannot be read; what came before stands.
    """
    table = _table(gateway)
    wanted = [window for span in spans for window in windows(span, table.window, _SECOND)]
    for number, window in enumerate(wanted, 1):
        begun = now()
        for left in reversed(range(_TRIES)):
            try:
                for texts in _rows(table, session, window, together):
                    yield Page(stream=stream, sources=table.sources, records=texts)
            except LoginError:
                raise
            except UpstreamError:
                if not left:
                    raise
            else:
                break
        yield Page(stream=stream, sources=table.sources, records=[], covered=settled(window, begun, gateway.late))
        if progress is not None:
            progress(number, len(wanted))


def has_rows(gateway: "Gateway", session: Database, span: Span) -> bool:
    """Whether any call began in a span. Raises UpstreamError."""
    return next(iter(_rows(_table(gateway), session, span, together=1)), None) is not None


def _rows(table: Table, session: Database, window: Span, together: int = TOGETHER) -> Iterator[list[str]]:
    return session.json_rows(
        table.name,
        time_column=table.time,
        since=window.since,
        until=window.until,
        left_out=table.left_out,
        but=table.no_calls,
        together=together,
    )


def _table(gateway: "Gateway") -> Table:
    if gateway.table is None:
        raise AssertionError(f"{gateway.title} has no table")
    return gateway.table
