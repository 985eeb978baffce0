"""Fetching one public file over HTTPS, within limits, and only again when it has changed."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llmcost.domain.errors import UpstreamError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 64 * 1024 * 1024
"""Largest body that is read, in bytes."""
CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
_REDIRECTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """A body kept beside the ETag it came with."""

    folder: Path

    def read(self, url: str) -> tuple[bytes, str | None] | None:
        """Body and ETag of the last download, None when there is none or it is damaged."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            body = self._path(url, "body").read_bytes()
            kept = json.loads(self._path(url, "json").read_text(encoding="utf-8"))
            if kept["url"] == url and kept["sha256"] == hashlib.sha256(body).hexdigest():
                return body, kept["etag"]
        return None

    def write(self, url: str, body: bytes, etag: str | None) -> None:
        """Keep a body; a cache that cannot be written is no error."""
        described = json.dumps({"url": url, "etag": etag, "sha256": hashlib.sha256(body).hexdigest()})
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            for kind, content in (("body", body), ("json", described.encode())):
                fresh = self._path(url, f"{kind}.{os.getpid()}")
                fresh.write_bytes(content)
                fresh.replace(self._path(url, kind))

    def _path(self, url: str, kind: str) -> Path:
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:20]}.{kind}"


def download(url: str, *, cache: Cached | None = None, limit: int = LIMIT) -> bytes:
    """Body behind a URL, from the cache when the server says that it has not changed.

    HTTPS only, but for this machine itself; a redirect must stay on the same host. Raises UsageError for another address,
    UpstreamError when the server does not answer as it should.
    """
    import httpx

    _check(url)
    kept = cache.read(url) if cache is not None else None
    headers = {"If-None-Match": kept[1]} if kept is not None and kept[1] is not None else {}
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    address = url
    try:
        with httpx.Client(timeout=timeout, follow_redirects=False, trust_env=True) as client:
            for _ in range(_REDIRECTS + 1):
                with client.stream("GET", address, headers=headers) as response:
                    if response.has_redirect_location:
                        address = _redirected(url, address, response.headers["location"])
                        continue
                    if response.status_code == httpx.codes.NOT_MODIFIED and kept is not None:
                        return kept[0]
                    if response.status_code != httpx.codes.OK:
                        raise UpstreamError(f"{url}: the server answered {response.status_code}")
                    body = _body(response, url, limit)
                    if cache is not None:
                        cache.write(url, body, response.headers.get("etag"))
                    return body
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise UpstreamError(f"{url}: {reason}", hint="download the file yourself and name it with --from") from error
    raise UpstreamError(f"{url}: redirected more than {_REDIRECTS} times")


def _body(response: object, url: str, limit: int) -> bytes:
    parts = bytearray()
    for part in response.iter_bytes():  # type: ignore[attr-defined]  # httpx is imported where it is used
        parts += part
        if len(parts) > limit:
            raise UpstreamError(f"{url}: larger than {limit // 1024 // 1024} MiB")
    return bytes(parts)


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and is_loopback(parts.hostname):
        return
    raise UsageError(f"{url}: only https addresses are fetched", hint="download the file yourself and name it")


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def _redirected(url: str, address: str, location: str) -> str:
    from urllib.parse import urljoin

    target = urljoin(address, location)
    _check(target)
    if urlsplit(target).hostname != urlsplit(url).hostname:
        raise UpstreamError(f"{url}: redirected to another host, {urlsplit(target).hostname}")
    return target
