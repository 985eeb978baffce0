"""Reading a PostgreSQL database: a session that cannot write, and no word of its password to anybody.

The driver, psycopg, is an extra, and only loaded here.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit, urlunsplit

from llmcost.domain.errors import UpstreamError, UsageError
from llmcost.net.fetching import is_near
from llmcost.net.redaction import redacted

if TYPE_CHECKING:
    from types import TracebackType

_SCHEMES = {"postgres", "postgresql"}
_PORT = 5432
_STRICT = {"require", "verify-ca", "verify-full"}
_CONNECT_SECONDS = 10
_ATTEMPTS = 3
_SHOWN = 300


class LoginError(UpstreamError):
    """The database does not let this user in, or not see the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who reads; without a password libpq looks into `~/.pgpass`."""

    user: str
    password: str | None
    sslmode: str | None = None
    """As strict as the user wants it; by default encrypted wherever the way leads over a public network."""


class Database:
    """A session with one database at one address."""

    def __init__(self, url: str, login: Login, *, pause: Callable[[float], None] = time.sleep) -> None:
        """Raises UsageError for an address that cannot be meant, or where the driver is missing."""
        self.url = check_database(url)
        require_driver()
        self._login = login
        self._pause = pause
        self._opened: Any = None
        self.answered = False
        """Whether the server ever said anything."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self._hang_up()

    def json_rows(
        self,
        table: str,
        *,
        time_column: str,
        since: datetime,
        until: datetime,
        left_out: Sequence[str] = (),
        but: tuple[str, str] | None = None,
        together: int,
    ) -> Iterator[list[str]]:
        """Rows of a time as JSON on one line each, oldest first, so many together.

        `left_out` are columns that are not read, `but` a column and its value in rows that are passed over. Times in the database are UTC. Raises UpstreamError when it cannot be read, LoginError when it must not be.
        """
        import psycopg

        try:
            connection = self.connection()
            from psycopg import sql

            known = connection.execute(
                "select column_name from information_schema.columns "
                "where table_name = %s and table_schema = any (current_schemas(false)) order by ordinal_position",
                [table],
            ).fetchall()
            columns = [name for (name,) in known if name not in left_out]
            if time_column not in columns:
                raise LoginError(
                    f"{self.url}: there is no table {table} that this user may read",
                    hint="name the database in the address, and grant its user SELECT on the table",
                )
            passed_over = [but] if but is not None and but[0] in columns else []
            statement = sql.SQL(
                "select row_to_json(log)::text from (select {columns} from {table} "
                "where {time} >= %s and {time} < %s {but} order by {time}) as log"
            ).format(
                columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
                table=sql.Identifier(table),
                time=sql.Identifier(time_column),
                but=sql.SQL(" ").join(
                    sql.SQL("and {} is distinct from %s").format(sql.Identifier(name)) for name, _ in passed_over
                ),
            )
            values = [since.replace(tzinfo=None), until.replace(tzinfo=None), *(value for _, value in passed_over)]
            with connection.cursor(name="llmcost") as cursor:
                cursor.execute(statement, values)
                while found := cursor.fetchmany(together):
                    # A string in JSON holds no line break, so these are space between tokens.
                    yield [row[0].replace("\n", " ") for row in found]
            connection.rollback()
        except psycopg.Error as error:
            self._hang_up()
            raise self._explained(error) from error

    def connection(self) -> Any:
        """The driver's own, which is opened when it is needed and reads only. Raises what the driver raises."""
        import psycopg

        if self._opened is not None:
            return self._opened
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        for left in reversed(range(_ATTEMPTS)):
            try:
                opened = psycopg.connect(
                    host=host,
                    port=parts.port or _PORT,
                    dbname=unquote(parts.path[1:]),
                    user=self._login.user,
                    password=self._login.password,
                    sslmode=sslmode(host, self._login.sslmode),
                    connect_timeout=_CONNECT_SECONDS,
                    application_name="llmcost",
                    options="-c TimeZone=UTC",
                )
            except psycopg.OperationalError as error:
                if not left or _is_login(error):
                    raise
                self._pause(2.0 ** (_ATTEMPTS - left - 1))
            else:
                break
        self.answered = True
        opened.read_only = True
        self._opened = opened
        return opened

    def _hang_up(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _explained(self, error: Exception) -> UpstreamError:
        (first, *_) = str(error).strip().splitlines() or [type(error).__name__]
        said = redacted(first, [self._login.password or ""])[:_SHOWN]
        if _is_login(error):
            self.answered = True
            return LoginError(
                f"{self.url}: the login was refused: {said}",
                hint="check PGUSER and PGPASSWORD, and what the user may read",
            )
        return UpstreamError(
            f"{self.url}: {said}",
            hint="what was read is kept; the same command goes on from there"
            if self.answered
            else "is it running? check the address, which --url names",
        )


def require_driver() -> None:
    """UsageError where psycopg is not installed."""
    if find_spec("psycopg") is None:
        raise UsageError(
            "reading a PostgreSQL database needs psycopg", hint="`pip install 'llmcost[postgres]'` installs it"
        )


def check_database(url: str) -> str:
    """The address of a database without a trailing slash; UsageError when it holds more than host, port and name."""
    try:
        parts = urlsplit(url.strip())
        host, user, _ = parts.hostname, parts.username, parts.port
    except ValueError:
        host, user = None, None
    if not host or parts.scheme not in _SCHEMES or not parts.path.strip("/") or not url.strip().isprintable():
        raise UsageError(
            "the address of a database is postgresql://HOST/DATABASE",
            hint="such as postgresql://db.example.com/litellm",
        )
    if user is not None or parts.query or parts.fragment:
        raise UsageError(
            f"the address of {host} holds more than a host and a database",
            hint="leave out user, password and query; PGUSER, PGPASSWORD and PGSSLMODE name them",
        )
    return urlunsplit(("postgresql", parts.netloc, parts.path.rstrip("/"), "", ""))


def sslmode(host: str, stated: str | None) -> str:
    """How a session is encrypted: as strictly as stated, and over a public network always."""
    if stated in _STRICT:
        return stated
    return "prefer" if is_near(host) else "require"


def _is_login(error: Exception) -> bool:
    """Whether it is about who asks: SQLSTATE classes 28 and 42501; at login psycopg knows the words alone."""
    state = getattr(error, "sqlstate", None) or ""
    words = ("authentication failed", "no password supplied", 'role "', "no pg_hba.conf entry")
    return state.startswith("28") or state == "42501" or any(one in str(error) for one in words)
