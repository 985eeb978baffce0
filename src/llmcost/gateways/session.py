"""A gateway's address, and a session with it under the credentials of the environment."""

import time
from collections.abc import Callable, Mapping

from llmcost.domain.errors import UsageError
from llmcost.gateways.gateway import Gateway
from llmcost.net.fetching import Fetcher, Patience, check_address
from llmcost.net.postgres import check_database


def address_of(name: str, gateway: Gateway, url: str | None) -> str:
    """Where to ask; UsageError for an address that cannot be meant, or none for what is self-hosted."""
    if url is None and gateway.url is None:
        raise UsageError(f"where is {name}?", hint=f"name its address: `--url {gateway.example}`")
    return (check_address if gateway.table is None else check_database)(url or gateway.url or "")


def session(
    gateway: Gateway,
    url: str,
    environ: Mapping[str, str],
    *,
    patience: Patience | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Fetcher:
    """A session to use in a `with` block; UsageError when a key is missing."""
    credentials = gateway.auth.credentials(environ)
    return Fetcher(
        url,
        {**gateway.headers, **credentials.headers},
        secrets=credentials.secrets,
        patience=patience,
        limit=gateway.limit,
        pause=pause,
    )
