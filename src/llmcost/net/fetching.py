"""Asking an API that wants credentials: bounded retries with jitter, limits, and no word of the credentials to anybody else."""

import json
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urljoin, urlsplit, urlunsplit

from llmcost.domain.credentials import CREDENTIAL
from llmcost.domain.errors import UpstreamError, UsageError
from llmcost.net.download import is_loopback
from llmcost.net.posting import asked_pause
from llmcost.net.redaction import redacted

if TYPE_CHECKING:
    from types import TracebackType

    import httpx

T = TypeVar("T")

MIB = 1024 * 1024
_AGAIN = {408, 425, 429, 500, 502, 503, 504, *range(520, 530)}
"""Statuses that ask for another try; 520 to 529 are those of proxies in front of an API."""
_REDIRECTS = 5
_GREETINGS = 3
"""Attempts to reach a server that has never answered: its address may be wrong."""
_SHOWN = 300
_LOOKED_AT = 64 * 1024
"""Characters of an answer that credentials are looked for in before it is shown: one that is cut is not known again."""
_HOST_AND_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?(?:/[A-Za-z0-9._/-]*)?")
"""An address that lacks nothing but its scheme."""
_PORTS = {"http": 80, "https": 443}
_PRIVATE_ENDINGS = (".internal", ".local", ".lan", ".svc", ".localhost", ".home.arpa")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an answer is waited for, in seconds, and how often it is asked for."""

    attempts: int = 6
    connect: float = 10.0
    read: float = 60.0
    """Between two pieces of an answer."""
    whole: float = 300.0
    """For all of an answer: one that drips is given up."""
    longest_pause: float = 120.0
    """Between two attempts; a server that asks for more is not waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, relative to the address of the API."""

    path: str
    query: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    """A name with several values is sent several times."""
    body: Mapping[str, Any] | None = None
    """Sent as JSON, with POST."""
    method: str | None = None
    """None is POST with a body and GET without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    text: str

    @property
    def ok(self) -> bool:
        """Whether it is what was asked for."""
        return 200 <= self.status < 300


class Fetcher:
    """A session with one API at one address. Credentials go to that address and nowhere else."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        secrets: tuple[str, ...] = (),
        patience: Patience | None = None,
        limit: int = 64 * MIB,
        pause: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.url = check_address(url)
        self._headers = {"Accept": "application/json", **headers}
        self._secrets = (*secrets, *headers.values())
        self._patience = patience or Patience()
        self._limit = limit
        self._pause = pause
        self._chance = chance
        self._opened: httpx.Client | None = None
        self.answered = False
        """Whether the server ever said anything."""
        self.date: datetime | None = None
        """When the last answer was given by the server's own clock (RFC 9110, section 6.6.1); None where it does not say."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        if self._opened is not None:
            self._opened.close()

    def fetch(self, asked: Asked, read: Callable[[Answer], T]) -> T:
        """What `read` makes of the answer; a ValueError of it means that the answer is damaged and is asked for again.

        `read` is given whatever status does not ask for another try. Raises UpstreamError when there is no answer in the end.
        """
        import httpx

        reason = ""
        for attempt in range(1, self._patience.attempts + 1):
            wait = min(2.0 ** (attempt - 1), self._patience.longest_pause) * (0.5 + self._chance() / 2)
            try:
                answer = self._once(asked)
                if answer.status not in _AGAIN:
                    return read(answer)
            except httpx.HTTPError as error:
                reason = self.hide(str(error) or type(error).__name__)
                if isinstance(error, httpx.ConnectError) and not self.answered and attempt >= _GREETINGS:
                    break
            except ValueError as error:
                reason = f"the answer is damaged: {self.hide(str(error))}"
            else:
                reason = f"the server answered {self.said(answer)}"
                asked_for = asked_pause(answer.headers.get("retry-after"), wait, self.date)
                if asked_for > self._patience.longest_pause:
                    reason += f" and asks for {asked_for:.0f} seconds of patience"
                    break
                wait = max(wait, asked_for)
            if attempt < self._patience.attempts:
                self._pause(wait)
        raise UpstreamError(
            f"{self.url}{asked.path}: {reason}",
            hint="what was read is kept; the same command goes on from there"
            if self.answered
            else "is it running? check the address, which --url names",
        )

    def elsewhere(self, link: str, read: Callable[[Answer], T]) -> T:
        """What `read` makes of a file on any server, asked for without credentials: the link is the permission, and a secret."""
        try:
            parts = urlsplit(link)
            address = check_address(urlunsplit((parts.scheme, parts.netloc, "", "", "")))
        except (ValueError, UsageError) as error:
            raise UpstreamError(f"{self.url}: the server names a file where none can be fetched from") from error
        # The server chooses the place: it must not make us ask other machines of a private network in its name.
        if parts.scheme != "https" and not _same_machine(self.url, link):
            raise UpstreamError(f"{self.url}: the server names a file where none can be fetched from")
        with Fetcher(
            address,
            {},
            secrets=(link, parts.query, *self._secrets),
            patience=self._patience,
            limit=self._limit,
            pause=self._pause,
            chance=self._chance,
        ) as other:
            try:
                return other.fetch(Asked(path=f"{parts.path}?{parts.query}" if parts.query else parts.path), read)
            except UpstreamError as error:
                raise UpstreamError(other.hide(error.message), hint=error.hint) from error

    def wait(self, seconds: float) -> None:
        """Give the server time."""
        self._pause(seconds)

    def said(self, answer: Answer) -> str:
        """Status and first words of an answer, for an error."""
        text = self.hide(answer.text[:_LOOKED_AT])[:_SHOWN].strip()
        return f"{answer.status}: {text}" if text else str(answer.status)

    def hide(self, text: str) -> str:
        """The text without credentials."""
        return redacted(text, self._secrets)

    def _client(self) -> "httpx.Client":
        if self._opened is None:
            import httpx

            timeout = httpx.Timeout(self._patience.read, connect=self._patience.connect)
            self._opened = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=True)
        return self._opened

    def _once(self, asked: Asked) -> Answer:
        method = asked.method or ("GET" if asked.body is None else "POST")
        content = None if asked.body is None else json.dumps(asked.body).encode()
        headers = self._headers if content is None else {**self._headers, "Content-Type": "application/json"}
        address, query = f"{self.url}{asked.path}", asked.query or None
        for _ in range(_REDIRECTS + 1):
            with self._client().stream(method, address, params=query, content=content, headers=headers) as response:
                if response.has_redirect_location:
                    target = self._redirected(address, response.headers["location"])
                    if method != "GET" and response.status_code not in {307, 308}:
                        raise UpstreamError(
                            f"{self.url}{asked.path}: redirected to {self.hide(target)}", hint="name that with --url"
                        )
                    address, query = target, None
                    continue
                self.answered = True
                self.date = _date(response.headers.get("date"))
                text = self._body(response)
                return Answer(
                    status=response.status_code,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    text=text,
                )
        raise UpstreamError(f"{self.url}{asked.path}: redirected more than {_REDIRECTS} times")

    def _body(self, response: "httpx.Response") -> str:
        import httpx

        parts = bytearray()
        deadline = time.monotonic() + self._patience.whole
        for part in response.iter_bytes():
            parts += part
            if len(parts) > self._limit:
                raise UpstreamError(f"{self.url}: an answer is larger than {self._limit // MIB} MiB")
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout(f"the answer took more than {self._patience.whole:g} seconds")
        # An error is told by its status, whatever its text is written in; rows must be right to the letter.
        return parts.decode("utf-8", "strict" if response.is_success else "replace")

    def _redirected(self, address: str, location: str) -> str:
        target = urljoin(address, location)
        if not _same_server(address, target):
            host = urlsplit(target).hostname
            raise UpstreamError(
                f"{self.url}: redirected to another server, {host}; credentials are not sent there",
                hint="if that is the right address, name it with --url",
            )
        return target


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def check_address(url: str) -> str:
    """The address without a trailing slash.

    Raises UsageError when it holds credentials or a query, or would send them in the clear over a public network.
    """
    try:
        parts = urlsplit(url.strip())
        host, user = parts.hostname, parts.username
        _ = parts.port
    except ValueError:
        host, user = None, None
    if not host or parts.scheme not in _PORTS or not url.strip().isprintable():
        raise _no_address(url.strip())
    if user is not None or parts.query or parts.fragment:
        raise UsageError(
            f"the address of {host} holds more than a host and a path",
            hint="leave out user, password and query; keys come from environment variables",
        )
    if parts.scheme == "http" and not is_near(host):
        raise UsageError(f"http://{host} would send the key unencrypted", hint=f"use https://{host}")
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _no_address(url: str) -> UsageError:
    """What to write instead; an address that may hold a secret is not repeated."""
    message = "the address of a gateway must be an https address, or an http one of your own network"
    if not _HOST_AND_PATH.fullmatch(url) or CREDENTIAL.search(url):
        return UsageError(message, hint="such as https://gateway.example.com")
    near = is_near(re.split("[:/]", url, maxsplit=1)[0])
    return UsageError(f"{url}: {message}", hint=f"write {'http' if near else 'https'}://{url}")


def is_near(host: str) -> bool:
    """Whether a host is this machine, or one of a private network by its address or its name."""
    if is_loopback(host):
        return True
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.lower().rstrip(".").endswith(_PRIVATE_ENDINGS)


def _same_machine(one: str, other: str) -> bool:
    left, right = urlsplit(one).hostname or "", urlsplit(other).hostname or ""
    return left == right or (is_loopback(left) and is_loopback(right))


def _same_server(one: str, other: str) -> bool:
    """Whether two addresses are the same server, or the second its encrypted twin."""
    left, right = urlsplit(one), urlsplit(other)
    if left.hostname != right.hostname or right.scheme not in _PORTS:
        return False
    left_port, right_port = left.port or _PORTS[left.scheme], right.port or _PORTS[right.scheme]
    if left.scheme == right.scheme:
        return left_port == right_port
    return left.scheme == "http" and (left_port, right_port) == (80, 443)
