"""Posting JSON to a webhook whose address is a secret: retries, time limits, and errors that do not give it away."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from llmcost.domain.errors import UpstreamError, UsageError
from llmcost.net.download import is_loopback
from llmcost.net.redaction import redacted

ATTEMPTS = 4
CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
LONGEST_PAUSE = 30.0
"""Seconds; a server that asks for more is not waited for."""
_SHOWN = 200
_AGAIN = {408, 425, 429, 500, 502, 503, 504}


def post_json(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    given: str = "the variable it comes from",
    attempts: int = ATTEMPTS,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Post a body of JSON until it is accepted with a status of 2xx.

    Tries again after no answer and after an answer that asks for it, as long after as Retry-After says. HTTPS only, but for
    this machine itself; redirects are not followed. Raises UsageError for another address, and for headers that cannot be
    sent, UpstreamError when it was not accepted; neither says more of the address than its host and port, or of a header than
    its name. `given` is what hints say of where the address stands.
    """
    import httpx

    host = _host(url, given)
    try:
        httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        # What either says may quote the address.
        raise UsageError(f"{host}: the address cannot be posted to as it is written", hint=f"check {given}") from None
    for name, value in (headers or {}).items():
        if not (is_sendable(name) and is_sendable(value)):
            raise UsageError(f"{host}: the header {name} holds characters that cannot be sent", hint="copy it again")
    answered = False
    hidden = (url, *(headers or {}).values())
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    sent = {**(headers or {}), "Content-Type": "application/json"}
    reason = ""
    with httpx.Client(timeout=timeout, follow_redirects=False, trust_env=True) as client:
        for attempt in range(1, attempts + 1):
            wait = float(2 ** (attempt - 1))
            try:
                response = client.post(url, content=body, headers=sent)
            except httpx.HTTPError as error:
                reason = redacted(str(error) or type(error).__name__, hidden)
            else:
                answered = True
                if response.is_success:
                    return
                reason = f"the server answered {response.status_code}"
                said = redacted(response.text, hidden)[:_SHOWN].strip()
                reason += f": {said}" if said else ""
                if response.status_code not in _AGAIN:
                    break
                wait = asked_pause(response.headers.get("retry-after"), wait)
                if wait > LONGEST_PAUSE:
                    reason += f" and asks for {wait:.0f} seconds of patience"
                    break
            if attempt < attempts:
                pause(wait)
    raise UpstreamError(f"{host}: {reason}", hint=None if answered else f"is it running? check {given}")


def is_sendable(text: str) -> bool:
    """Whether a header may hold it: an HTTP client quotes in its error what it cannot send."""
    return text.isascii() and text.isprintable()


def _host(url: str, given: str) -> str:
    """The host of an address that may be posted to, with the port where it states one."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        host = None
    if not host:
        raise UsageError("the address to post to must be an https address", hint=f"check {given}")
    named = f"[{host}]{port}" if ":" in host else f"{host}{port}"
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return named
    raise UsageError(
        f"{named}: only https addresses are posted to, and http ones of this machine", hint=f"check {given}"
    )


def asked_pause(header: str | None, usual: float, now: datetime | None = None) -> float:
    """Seconds to wait that a Retry-After header asks for, RFC 9110, section 10.2.3: a number, or a date; else the usual.

    `now` is what time the server says it is.
    """
    if header is None:
        return usual
    if header.strip().isdigit():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return usual
    return max((at.astimezone(UTC) - (now or datetime.now(UTC))).total_seconds(), 0.0)
