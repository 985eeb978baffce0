"""What is read of a gateway one after the other: each kind of record, of each of its projects or whatever else it has."""

from collections.abc import Iterator
from dataclasses import dataclass

from llmcost.domain.errors import UpstreamError
from llmcost.domain.pulled import Stream
from llmcost.gateways.answers import ExpiredError, fetched
from llmcost.gateways.gateway import Gateway, Scopes
from llmcost.net.fetching import Asked, Fetcher

_PAGES = 1000
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of record of one scope."""

    stream: Stream
    kind: str
    """Its key among the gateway's streams."""
    scope: str = ""


def parts_of(name: str, gateway: Gateway, fetcher: Fetcher, key: str = "") -> Iterator[Part]:
    """Everything there is to read; `key` tells the credentials apart. Raises UpstreamError when the scopes cannot be listed."""
    scopes = [("", "")] if gateway.scopes is None else _listed(gateway, gateway.scopes, fetcher)
    for scope, shown in scopes:
        for kind in gateway.streams or ("requests",):
            words = [word for word in (shown, "" if kind == "requests" else kind) if word]
            stream = Stream(
                gateway=name, url=fetcher.url, name=" ".join(words) or "requests", key=key if gateway.keyed else ""
            )
            yield Part(stream=stream, kind=kind, scope=scope)


def _listed(gateway: Gateway, scopes: Scopes, fetcher: Fetcher) -> Iterator[tuple[str, str]]:
    """Identity and name of every scope, from the beginning again where the server does not go on."""
    given: set[str] = set()
    for left in reversed(range(_TRIES)):
        try:
            for one, name in _read(gateway, scopes, fetcher):
                if one not in given:
                    given.add(one)
                    yield one, name
        except ExpiredError as error:
            if not left:
                raise UpstreamError(f"{fetcher.url}{scopes.path}: {error}", hint="try again later") from error
        else:
            return


def _read(gateway: Gateway, scopes: Scopes, fetcher: Fetcher) -> Iterator[tuple[str, str]]:
    asked: Asked | None = scopes.paging.first(Asked(path=scopes.path))
    known: set[str] = set()
    for number in range(_PAGES):
        if asked is None:
            return
        first = number == 0
        _, page = fetched(gateway, fetcher, asked, rows=scopes.rows, identity=scopes.identity, first=first)
        names = page.identified_by(scopes.name)
        new = [(one, name) for one, name in zip(page.identities, names, strict=True) if one not in known]
        yield from new
        known.update(page.identities)
        total = scopes.paging.total(page)
        complete = not new or (total is not None and len(known) >= total)
        asked = None if complete else scopes.paging.following(asked, page)
    raise UpstreamError(f"{fetcher.url}{scopes.path}: there is no end to the list")
