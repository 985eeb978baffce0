"""The `allocation:` of llmcost.yaml, read strictly: every complaint names the line."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from llmcost.allocation.policy import KEEP, TOLERANCE, Policy, Rule, Sharing
from llmcost.allocation.sharing_reading import SHARING_KEYS, SharingEntry
from llmcost.allocation.statement_terms import read_terms
from llmcost.config.settings import Settings
from llmcost.config.yaml import Key, check_keys
from llmcost.ledger.entry import Entry

DEFAULT_BY = "team"
_RULE_KEYS = ("name", "where", "charge", "owner", *SHARING_KEYS)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*%")
_MOST_DECIMALS = 12


def read_policies(settings: Settings) -> tuple[Policy, ...]:
    """The allocations, in the order of the file; ConfigError for one that cannot be meant."""
    if settings.document is None or not settings.allocation:
        return ()
    several = isinstance(settings.document.at("allocation"), list)
    found: dict[str, Policy] = {}
    for place, values in enumerate(settings.allocation):
        path: tuple[Key, ...] = ("allocation", place) if several else ("allocation",)
        one = _Section(settings, settings.document, path, values).policy()
        if one.by in found:
            raise settings.document.error(
                f"two allocations to {one.by}", *path, hint="one for each dimension: put the rules into one list"
            )
        found[one.by] = one
    return tuple(found.values())


def policy_for(settings: Settings, by: str | None) -> Policy:
    """The allocation to a dimension, else the first; without any rules where the file has none for it."""
    policies = read_policies(settings)
    if by is None:
        return policies[0] if policies else Policy(by=DEFAULT_BY)
    return next((one for one in policies if one.by == by), Policy(by=by))


class _Section(Entry):
    """One allocation, read key by key."""

    def policy(self) -> Policy:
        rules = tuple(self._rules())
        policy = Policy(
            by=self.text("by") or DEFAULT_BY,
            decimals=self._decimals(),
            rules=rules,
            unattributed=self._rest("unattributed"),
            charges=self._rest("charges"),
            difference=self._rest("difference"),
            tolerance=self._tolerance(),
            statement=read_terms(self),
            written=self.values,
        )
        self._check_order(policy)
        return policy

    def _rules(self) -> Iterator[Rule]:
        names: set[str] = set()
        for place, item in enumerate(self.items("rules")):
            if not isinstance(item, dict):
                raise self.error(
                    "expected a rule", "rules", place, hint="such as {name: ..., where: ..., method: even}"
                )
            check_keys(self.document, (*self.path, "rules", place), _RULE_KEYS)
            rule = SharingEntry(self.settings, self.document, (*self.path, "rules", place), item).rule()
            if rule.name in names:
                raise self.error(
                    f"two rules are called {rule.name!r}", "rules", place, "name", hint="statements name the rule"
                )
            names.add(rule.name)
            yield rule

    def _rest(self, key: str) -> Sharing:
        """A word such as keep or proportional, or a mapping as in a rule."""
        value = self.values.get(key)
        if value is None:
            return KEEP
        if isinstance(value, str):
            if value not in {"keep", "proportional", "even"}:
                raise self.error(
                    f"{key} cannot be {value!r}",
                    key,
                    hint=f"write keep, proportional or even, or a mapping such as {{to: {value}}}",
                )
            return Sharing(method="keep" if value == "keep" else "even" if value == "even" else "proportional")
        check_keys(self.document, (*self.path, key), SHARING_KEYS)
        return SharingEntry(self.settings, self.document, (*self.path, key), value).sharing()

    def _decimals(self) -> int:
        value = self.values.get("decimals")
        if value is None:
            return 2
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_DECIMALS:
            raise self.error("expected a number of decimals from 0 to 12", "decimals", hint="2 for cents")
        return value

    def _tolerance(self) -> Decimal:
        value = self.values.get("tolerance")
        if value is None:
            return TOLERANCE
        found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
        if found is None or Decimal(found[1]) > 100:
            raise self.error("expected a percentage", "tolerance", hint="write it as 1% or 0.5%")
        return Decimal(found[1]) / 100

    def _check_order(self, policy: Policy) -> None:
        """Nobody who has passed everything on is given anything later: costs never go round in circles."""
        passed: dict[str, str] = {}
        sections: list[tuple[Sharing, tuple[Key, ...]]] = []
        for place, rule in enumerate(policy.rules):
            self._refuse_passed(rule.sharing, passed, "rules", place)
            if rule.owner is None:
                continue
            if rule.owner in passed or rule.owner in rule.sharing.to or rule.owner in rule.sharing.weights:
                raise self.error(f"{rule.owner!r} passes its cost on to itself", "rules", place, "owner")
            passed[rule.owner] = rule.name
        sections = [
            (policy.unattributed, ("unattributed",)),
            (policy.charges, ("charges",)),
            (policy.difference, ("difference",)),
        ]
        for sharing, path in sections:
            self._refuse_passed(sharing, passed, *path)

    def _refuse_passed(self, sharing: Sharing, passed: Mapping[str, str], *path: Key) -> None:
        for name in (*sharing.to, *sharing.weights):
            if name in passed:
                raise self.document.error(
                    f"{name!r} has passed its cost on by then, in the rule {passed[name]!r}",
                    *self.path,
                    *path,
                    hint="move that rule further down, or share this cost among others",
                )
