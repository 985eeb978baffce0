"""Whom a manifest of the second generation is about: values in and not in, by dimension, all of which must hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING

from llmcost.quota.matching import pattern_covers, patterns_meet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmcost.quota.limit import Condition, Matcher

KINDS = {"user": "users", "team": "teams", "virtualaccount": "virtual_accounts"}
"""Prefix of a subject and its key in a manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Conditions of one manifest; dimensions are user, team, virtualaccount, model and metadata.KEY."""

    inside: Mapping[str, frozenset[str]] = field(default_factory=dict)
    outside: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def only(self, condition: Condition) -> list[Scope] | None:
        """This scope within a condition: none for nobody; None where one list of values cannot say it."""
        parts = by_kind(condition)
        if len(parts) != 1:
            return None
        ((name, values),) = parts.items()
        kept = values if name not in self.inside else _both(self.inside[name], values)
        if kept is None:
            return None
        excluded = self.outside.get(name, frozenset())
        kept = frozenset(one for one in kept if not any(pattern_covers(out, one) for out in excluded))
        if not kept:
            return []
        outside = {**self.outside, name: _meeting(excluded, kept)}
        return [
            replace(
                self,
                inside={**self.inside, name: kept},
                outside={key: values for key, values in outside.items() if values},
            )
        ]

    def without(self, condition: Condition) -> Scope | None:
        """This scope outside a condition; None when nobody is left."""
        scope = self
        for name, values in by_kind(condition).items():
            excluded = values
            if name in scope.inside:
                kept = frozenset(
                    one for one in scope.inside[name] if not any(pattern_covers(out, one) for out in values)
                )
                if not kept:
                    return None
                scope = replace(scope, inside={**scope.inside, name: kept})
                excluded = _meeting(values, kept)
            if excluded:
                excluded |= scope.outside.get(name, frozenset())
                scope = replace(scope, outside={**scope.outside, name: excluded})
        return scope


def _meeting(excluded: frozenset[str], kept: frozenset[str]) -> frozenset[str]:
    """What of the excluded values still leaves somebody out."""
    return frozenset(out for out in excluded if any(patterns_meet(out, one) for one in kept))


def _both(left: frozenset[str], right: frozenset[str]) -> frozenset[str] | None:
    """Values that are of both lists; None where two patterns share some texts of each: no pattern says which."""
    kept = set()
    for one, other in product(left, right):
        if pattern_covers(one, other):
            kept.add(other)
        elif pattern_covers(other, one):
            kept.add(one)
        elif patterns_meet(one, other):
            return None
    return frozenset(kept)


def by_kind(condition: Condition) -> dict[str, frozenset[str]]:
    """A condition's values by dimension: subjects by their kind, any of which may hold."""
    values = condition.values or frozenset()
    if condition.dimension != "subject":
        return {condition.dimension: values}
    found: dict[str, set[str]] = {}
    for value in values:
        kind, _, rest = value.partition(":")
        found.setdefault(kind, set()).add(rest)
    return {kind: frozenset(rest) for kind, rest in sorted(found.items())}


def scopes_of(match: Matcher) -> list[Scope]:
    """The scopes that together are a matcher: one, or one for each kind of subject where it mixes them."""
    scopes = [Scope()]
    for condition in match.conditions:
        parts = by_kind(condition)
        scopes = [
            replace(scope, inside={**scope.inside, name: values}) for scope in scopes for name, values in parts.items()
        ]
    return scopes


def listed(values: Iterable[str]) -> list[str]:
    """Values in order."""
    return sorted(values)
