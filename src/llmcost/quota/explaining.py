"""Which rules a request meets: which match, which decides, which counters it moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmcost.quota.limit import Matcher
from llmcost.quota.matching import matches

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from llmcost.quota.config import Config
    from llmcost.quota.limit import Limit

Part = Literal["decides", "may decide", "counts", "may count", "replaced", "no key", "no"]
"""What a limit does with the request. `no key`: it matches, and lacks what the limit counts by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """One limit and what it does with the request."""

    limit: Limit
    part: Part
    counter: str | None
    """Which counter the request moves if it is let through, such as `user:bob`."""
    reason: str
    """Why it is not about the request, or why that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One config and the request."""

    config: Config
    limits: tuple[Met, ...]


def described(
    *,
    user: str | None = None,
    teams: Sequence[str] = (),
    account: str | None = None,
    model: str | None = None,
    provider: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> dict[str, tuple[str, ...]]:
    """A request's values by dimension, under every name a dialect may use for them."""
    owned = {"user": (user,), "team": teams, "virtualaccount": (account,)}
    found: dict[str, tuple[str, ...]] = {
        name: tuple(value for value in values if value) for name, values in owned.items()
    }
    found["subject"] = tuple(f"{name}:{value}" for name, values in found.items() for value in values)
    found |= {"user_id": found["user"], "virtual_account": found["virtualaccount"]}
    found["consumer"] = found["virtualaccount"] or found["user"]
    if model is not None:
        found["model"] = found["request_model"] = (model, *([f"{provider}/{model}"] if provider else []))
    if provider is not None:
        found["provider"] = (provider,)
    for key, value in (metadata or {}).items():
        for name in (f"metadata.{key}", f"tags.{key}", f"header.{key}", key):
            found.setdefault(name, (value,))
    return {name: values for name, values in found.items() if values}


def explained(config: Config, request: Mapping[str, Collection[str]]) -> Explained:
    """What each limit of a config does with a request."""
    first = config.semantics.decides == "first"
    decided: int | None = None
    maybe: set[int] = set()
    found = []
    # A request is not described by the part of a gateway it comes through: it is taken to be that of all limits.
    anywhere = len({limit.match.attachments for limit in config.limits}) == 1
    for limit in sorted(config.limits, key=lambda one: one.rule):
        match = limit.match.anywhere() if anywhere else limit.match
        answer = matches(match, request)
        counter = _counter(limit, request)
        part: Part
        reason = ""
        if answer is False:
            part, reason, counter = "no", _failing(match, request), None
        elif counter is None:
            lacking = [name for name in limit.per if name not in request]
            part, reason = (
                "no key",
                f"the request has no {' and no '.join(lacking)}; what gateways do then is not documented",
            )
        elif any(one.overrides(limit) and matches(one.match, request) is True for one in config.limits):
            part, reason = "replaced", "an override holds for this request"
        elif first and decided is not None and decided != limit.rule:
            part = "counts" if answer else "may count"
            if config.semantics.counts == "deciding":
                part, counter = "no", None
            reason = f"rule {decided + 1} is the first that matches"
        elif answer is None:
            part, reason = "may decide", "whether the user is in the team is not known; name it with --team"
            maybe.add(limit.rule)
        else:
            part = "may decide" if first and maybe - {limit.rule} else "decides"
            reason = "unless an earlier rule does" if part == "may decide" else ""
            decided = limit.rule
        found.append(Met(limit=limit, part=part, counter=counter, reason=reason))
    return Explained(config=config, limits=tuple(found))


def _counter(limit: Limit, request: Mapping[str, Collection[str]]) -> str | None:
    """The counter of a request; None when it lacks what the limit counts by."""
    if not limit.per:
        return "everyone"
    if any(name not in request for name in limit.per):
        return None
    return " ".join(f"{name}:{next(iter(request[name]))}" for name in limit.per)


def _failing(match: Matcher, request: Mapping[str, Collection[str]]) -> str:
    for condition in match.conditions:
        if matches(Matcher(conditions=(condition,)), request) is not False:
            continue
        present = ", ".join(request.get(condition.dimension, ())) or "nothing"
        if condition.values is not None and not any(
            value in condition.excluded for value in request.get(condition.dimension, ())
        ):
            wanted = ", ".join(sorted(condition.values))
            return f"{condition.dimension} is {present}, not {wanted}"
        return f"{condition.dimension} is {present}, which is excluded"
    return ""
