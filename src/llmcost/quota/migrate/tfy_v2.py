"""TrueFoundry's first generation of limits as manifests of the second.

V1 lets the first rule that matches decide; under V2 every manifest that matches must allow a request. A rule therefore becomes
a manifest that leaves out what earlier rules decide. `not_in` can leave out values of one dimension; leaving out a combination
of several takes two manifests, which is the same only where no counter is cut in two. What cannot be said is kept in audit
mode, so that nobody is refused who was not before, and reported. V1 also lets requests decided by one rule fill the counters
of later ones; V2 has no way to say that, and only a replay shows whether it matters.

Sources: https://www.truefoundry.com/docs/change-announcements/deprecation-of-rate-limiting-v1,
https://www.truefoundry.com/docs/ai-gateway/ratelimiting-v2, https://pypi.org/project/truefoundry-sdk/ 0.6.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.quota.limit import Matcher
from llmcost.quota.matching import covers, meet, missing_keys
from llmcost.quota.migrate.scope import Scope, by_kind, scopes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.quota.config import Config
    from llmcost.quota.limit import Condition, Limit

DIALECTS = ("tfy-rate-limits", "tfy-budgets")
"""What can be migrated."""
_RATE_SPANS = ("minute", "hour", "day")
"""What a rate limit of V2 may last."""
_APPLIES = {"user": "per-user", "model": "per-model", "virtualaccount": "per-virtual-account"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One manifest of the second generation."""

    name: str
    limit: Limit
    """The rule it comes from."""
    scope: Scope
    applies_to: tuple[str, str | None]
    """Type, and the metadata key of type metadata."""
    audit: bool

    @property
    def type(self) -> str:
        """What V2 calls it: a budget counts dollars, a rate limit all else."""
        return _type_of(self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What does not carry over as it was."""

    rule_id: str
    message: str
    lost: bool
    """Whether V2 cannot say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """One config's manifests."""

    config: Config
    manifests: tuple[Manifest, ...]
    remarks: tuple[Remark, ...]


def migrated(config: Config, taken: set[tuple[str, str]] | None = None) -> Migrated:
    """The manifests that mean what a V1 config means, and what they cannot.

    `taken` are the types and names of manifests of other configs, and then of these as well: applying a manifest replaces the
    one of its type and name. Raises UsageError for a config of another dialect.
    """
    if config.dialect_id not in DIALECTS:
        raise UsageError(
            f"{config.source.name}: {config.dialect.title} cannot be migrated to tfy-v2",
            hint="only TrueFoundry's first generation can: gateway-rate-limiting-config and gateway-budget-config",
        )
    work = _Work(config, set() if taken is None else taken)
    for place, limit in enumerate(config.limits):
        work.add(limit, config.limits[:place])
    return Migrated(config=config, manifests=tuple(work.manifests), remarks=tuple(work.remarks))


class _Work:
    def __init__(self, config: Config, taken: set[tuple[str, str]]) -> None:
        self.manifests: list[Manifest] = []
        self.remarks: list[Remark] = []
        self._taken = taken
        self._config = config

    def add(self, limit: Limit, earlier: Sequence[Limit]) -> None:
        """The manifests of one rule."""
        if limit.amount is None:
            self._remark(limit, "it says no amount, or counts something unknown", lost=True)
            return
        applies_to = _applies_to(limit)
        if applies_to is None:
            self._remark(limit, f"V2 has no way to count by {' and '.join(limit.per)} together", lost=True)
            return
        audit = False
        if limit.kind == "budget" and limit.unit != "cost":
            if limit.window.span not in _RATE_SPANS:
                self._remark(
                    limit, f"V2 budgets count dollars, and no rate limit lasts a {limit.window.span}", lost=True
                )
                return
            self._remark(
                limit,
                f"V2 budgets count dollars; a rate limit of {limit.unit} slides over a {limit.window.span} instead of ending with"
                " it; left in audit mode",
                lost=True,
            )
            audit = True
        scopes = scopes_of(limit.match)
        if len(scopes) > 1 and limit.per != ("user",):
            self._remark(
                limit,
                "V2 cannot name users, teams and virtual accounts that share a counter; left in audit mode",
                lost=True,
            )
            audit = True
        for other in earlier:
            if meet(other.match, limit.match) is False:
                continue
            lacking = " or ".join(missing_keys(other, limit.match))
            open_ones = [
                one for one in other.match.conditions if covers(Matcher(conditions=(one,)), limit.match) is not True
            ]
            if not open_ones and lacking:
                self._remark(
                    limit,
                    f"only requests without {lacking} can get past `{other.label}` to it, if those do, which is not documented, and"
                    " V2 cannot name them; left in audit mode",
                    lost=True,
                )
                audit = True
                continue
            watched = other.mode == "audit" and limit.mode != "audit"
            if not open_ones and watched:
                self._remark(
                    limit,
                    f"`{other.label}` in audit mode matches all it matches; whether V1 goes on after such a rule is not documented;"
                    " left in audit mode",
                    lost=True,
                )
                audit = True
                continue
            if not open_ones:
                self._remark(
                    limit, f"left out: `{other.label}` decides all it matches, so it refuses nobody", lost=False
                )
                return
            if lacking:
                self._remark(
                    limit,
                    f"requests without {lacking} are taken to be decided by `{other.label}`, which is not documented",
                    lost=False,
                )
            if watched:
                self._remark(
                    limit,
                    f"what `{other.label}` matches in audit mode is taken to be decided by it, which is not documented",
                    lost=False,
                )
            found = _outside(scopes, open_ones, limit)
            if found is None:
                named = " and ".join(sorted(one.dimension for one in open_ones))
                self._remark(
                    limit,
                    f"V2 cannot leave out what `{other.label}` decides, a combination of {named}; left in audit mode",
                    lost=True,
                )
                audit = True
                continue
            scopes = found
        if not scopes:
            self._remark(limit, "left out: earlier rules decide all it matches, so it refuses nobody", lost=False)
        for scope in scopes:
            self.manifests.append(
                Manifest(
                    name=self._name(limit),
                    limit=limit,
                    scope=scope,
                    applies_to=applies_to,
                    audit=audit or limit.mode == "audit",
                )
            )

    def _name(self, limit: Limit) -> str:
        base = limit.id or f"rule-{limit.rule + 1}"
        name, number = base, 1
        while (_type_of(limit), name) in self._taken:
            number += 1
            name = f"{base}-{number}"
        self._taken.add((_type_of(limit), name))
        return name

    def _remark(self, limit: Limit, message: str, *, lost: bool) -> None:
        self.remarks.append(Remark(rule_id=limit.label, message=message, lost=lost))


def _type_of(limit: Limit) -> str:
    budget = limit.kind == "budget" and limit.unit == "cost"
    return "tenant-budget-config" if budget else "tenant-rate-limit-config/model"


def _outside(scopes: list[Scope], conditions: list[Condition], limit: Limit) -> list[Scope] | None:
    """Scopes outside a conjunction; None where that cannot be said without cutting a counter in two."""
    if len(conditions) == 1:
        return [one for scope in scopes if (one := scope.without(conditions[0])) is not None]
    # not (A and B) is (not A), and (A and not B): two manifests. Counters are whole where A is what the rule counts by.
    cut = next((one for one in conditions if tuple(by_kind(one)) == limit.per), None)
    if cut is None:
        return None
    found: list[Scope] = []
    for scope in scopes:
        outer, inner = scope.without(cut), scope.only(cut)
        found += [outer] if outer is not None else []
        rest = [one for one in conditions if one is not cut]
        within = _outside(inner, rest, limit) if inner else inner
        if within is None:
            return None
        found += within
    return found


def _applies_to(limit: Limit) -> tuple[str, str | None] | None:
    """How V2 counts what a rule counts by; None where it cannot."""
    single = {
        name for condition in limit.match.conditions for name, values in by_kind(condition).items() if len(values) == 1
    }
    whole = len(scopes_of(limit.match)) == 1
    per = [name for name in limit.per if not (whole and name in single)] if len(limit.per) > 1 else list(limit.per)
    if not per:
        return "aggregate", None
    if len(per) > 1:
        return None
    if per[0].startswith("metadata."):
        return "metadata", per[0].removeprefix("metadata.")
    applies = _APPLIES.get(per[0])
    return None if applies is None else (applies, None)
