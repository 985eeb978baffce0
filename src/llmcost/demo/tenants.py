"""Who calls: customers, their users, and the teams' gateway keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmcost.demo.chance import Weighted, hex_id

if TYPE_CHECKING:
    from random import Random

Attribution = Literal["end_user", "customer_id", "tenant_id", "none"]

CUSTOMER_NAMES = (
    "acme",
    "northwind",
    "globex",
    "initech",
    "umbra",
    "hooli",
    "vandelay",
    "wonka",
    "stark",
    "tyrell",
    "cyberdyne",
    "soylent",
    "massive",
    "dunder",
    "pied",
    "aperture",
    "oceanic",
    "virtucon",
    "monarch",
    "gringotts",
    "zorin",
    "bluth",
    "sterling",
    "duff",
    "krusty",
    "kwik",
    "lexcorp",
    "wayne",
    "oscorp",
    "nakatomi",
    "weyland",
    "yoyodyne",
    "rekall",
    "abstergo",
    "octan",
    "planet",
    "momcorp",
    "vault",
    "tricell",
    "genco",
    "sirius",
    "prestige",
    "bubba",
    "slate",
    "cogswell",
)
USERS = 400
POWER_USERS = 20
PRIORITY_CUSTOMERS = ("acme", "globex", "stark", "oceanic")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayKey:
    """A team's virtual key, which decides where a call says for whom it was made."""

    alias: str
    team: str
    team_id: str
    key_hash: str
    attribution: Attribution
    environment_in: Literal["tag", "metadata", "none"]
    feature_in: Literal["tag", "none"] = "tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person at a customer; `appetite` scales the size of their prompts."""

    id: str
    customer: str
    plan: str
    priority: bool
    appetite: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenants:
    """Everybody who calls."""

    keys: dict[str, GatewayKey]
    ordinary: Weighted[User]
    power: Weighted[User]
    customers: Weighted[str]


_KEYS: tuple[tuple[str, str, Attribution, Literal["tag", "metadata", "none"], Literal["tag", "none"]], ...] = (
    ("support-chat", "support", "end_user", "tag", "tag"),
    ("search-api", "search", "customer_id", "metadata", "tag"),
    ("documents-worker", "documents", "tenant_id", "tag", "tag"),
    ("insights-app", "insights", "customer_id", "tag", "tag"),
    ("growth-site", "growth", "end_user", "tag", "tag"),
    ("data-batch", "data", "end_user", "metadata", "tag"),
    ("legacy-sdk", "platform", "none", "none", "none"),
)


def found_company(rng: Random) -> Tenants:
    """The same company for the same random source."""
    keys = {
        alias: GatewayKey(
            alias=alias,
            team=team,
            team_id=hex_id(rng),
            key_hash=f"{rng.getrandbits(256):064x}",
            attribution=attribution,
            environment_in=environment_in,
            feature_in=feature_in,
        )
        for alias, team, attribution, environment_in, feature_in in _KEYS
    }
    # Zipf: the second customer is half the first, the third a third of it.
    weights = [(name, 1.0 / rank) for rank, name in enumerate(CUSTOMER_NAMES, start=1)]
    customers = Weighted(weights)
    power_homes = [*CUSTOMER_NAMES[:12], *CUSTOMER_NAMES[:8]]
    homes = [*CUSTOMER_NAMES, *customers.picks(rng, USERS - POWER_USERS - len(CUSTOMER_NAMES))]
    power = [_user(rng, home, 2.0) for home in power_homes]
    ordinary = [_user(rng, home, 1.0) for home in homes]
    return Tenants(
        keys=keys,
        ordinary=Weighted((user, 1.0) for user in ordinary),
        power=Weighted((user, 1.0 / (rank + 6)) for rank, user in enumerate(power)),
        customers=customers,
    )


def _user(rng: Random, customer: str, appetite: float) -> User:
    rank = CUSTOMER_NAMES.index(customer)
    plan = "enterprise" if rank < 6 else "pro" if rank < 20 else "free"
    return User(
        id=f"u-{rng.getrandbits(40):010x}",
        customer=f"cust-{customer}",
        plan=plan,
        priority=customer in PRIORITY_CUSTOMERS,
        appetite=appetite,
    )
