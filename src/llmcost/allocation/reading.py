"""The `allocation:` of llmcost.yaml, read strictly: every complaint names the line."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from llmcost.allocation.policy import (
    ALLOCATED,
    COST,
    KEEP,
    METHODS,
    TOLERANCE,
    Driver,
    Method,
    Policy,
    Rule,
    Sharing,
    Term,
)
from llmcost.allocation.statement_terms import read_terms
from llmcost.config.settings import Settings
from llmcost.config.yaml import Key, check_keys
from llmcost.domain.text import nearest
from llmcost.ledger.entry import Entry
from llmcost.ledger.metrics import metric, metric_names

DEFAULT_BY = "team"
_SHARING_KEYS = ("method", "to", "driver", "driver_where", "weights")
_RULE_KEYS = ("name", "where", "charge", "owner", *_SHARING_KEYS)
_WEIGHT = re.compile(r"\d{1,12}(?:\.\d{1,12})?")
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
            rule = _SharingEntry(self.settings, self.document, (*self.path, "rules", place), item).rule()
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
        check_keys(self.document, (*self.path, key), _SHARING_KEYS)
        return _SharingEntry(self.settings, self.document, (*self.path, key), value).sharing()

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


class _SharingEntry(Entry):
    """One way of sharing, alone or in a rule."""

    def rule(self) -> Rule:
        name = self.text("name")
        if name is None:
            raise self.document.error("a rule without a name", *self.path, hint="add `name:`; statements show it")
        sources = [key for key in ("where", "charge", "owner") if self.values.get(key) is not None]
        if len(sources) != 1:
            raise self.document.error(
                f"the rule {name!r} says {'several times' if sources else 'nowhere'} which cost it shares",
                *self.path,
                hint="give one of `where:` (requests), `charge:` (a charge beside them) and `owner:` (all of an owner's)",
            )
        where = tuple(Term(text=text, condition=condition) for text, condition in self.where())
        if sources == ["where"] and not where:
            raise self.error("no condition", "where", hint="such as virtual_account=shared")
        sharing = self.sharing()
        if sharing.method == "keep" and self.values.get("owner") is not None:
            raise self.error("an owner cannot pass its cost on to nobody", "method", hint="name who bears it")
        return Rule(
            name=name,
            sharing=sharing,
            where=where,
            charges=self.names("charge", "the kind or the name of a charge"),
            owner=self.text("owner"),
        )

    def sharing(self) -> Sharing:
        to, weights = self.names("to", "the name of an owner"), self._weights()
        method = self._method(to, weights)
        for key, allowed in (
            ("to", {"direct", "proportional", "even"}),
            ("weights", {"weights"}),
            ("driver", {"proportional"}),
            ("driver_where", {"proportional"}),
        ):
            if self.values.get(key) is not None and method not in allowed:
                raise self.error(f"`{key}:` means nothing with the method {method}", key, hint="leave it out")
        if method == "direct" and len(to) != 1:
            raise self.document.error("the method direct needs one owner", *self.path, hint="write `to: NAME`")
        if method == "weights" and not weights:
            raise self.document.error("no weights", *self.path, hint="write `weights: {search: 2, chat: 1}`")
        return Sharing(method=method, to=to, driver=self._driver(), weights=weights)

    def _method(self, to: tuple[str, ...], weights: Mapping[str, Decimal]) -> Method:
        written = self.text("method")
        if written is None:
            if weights:
                return "weights"
            if len(to) == 1 and self.values.get("driver") is None:
                return "direct"
            raise self.document.error("no method", *self.path, hint=f"add `method:` with one of {', '.join(METHODS)}")
        for known in METHODS:
            if written == known:
                return known
        raise self.error(
            f"unknown method {written!r}", "method", hint=nearest(written, METHODS) or f"use {', '.join(METHODS)}"
        )

    def _driver(self) -> Driver:
        name = self.text("driver") or COST
        where = tuple(
            Term(text=text, condition=condition)
            for text, condition in _Renamed(
                self.settings, self.document, self.path, {"where": self.values.get("driver_where")}
            ).where()
        )
        if name == ALLOCATED:
            if where:
                raise self.error("what was allocated has no requests to choose from", "driver_where")
            return Driver(metric=name)
        self.additive(name, "driver")
        return Driver(metric=name, where=where)

    def additive(self, name: str, *path: Key) -> None:
        """Refuse what is no metric, or none whose parts add up to the whole."""
        known = [one for one in metric_names() if _adds_up(one)]
        if name in known:
            return
        if name in metric_names():
            raise self.document.error(
                f"{name} of the parts does not add up to that of the whole", *self.path, *path, hint="such as requests"
            )
        raise self.document.error(
            f"there is no metric {name!r}",
            *self.path,
            *path,
            hint=nearest(name, [*known, ALLOCATED]) or "such as cost, requests or total_tokens",
        )

    def _weights(self) -> Mapping[str, Decimal]:
        value = self.values.get("weights")
        if value is None:
            return {}
        if not isinstance(value, dict) or not value:
            raise self.error("expected weights by owner", "weights", hint="such as {search: 2, chat: 1}")
        found = {}
        for owner in value:
            written = (self.document.written(*self.path, "weights", owner) or "").strip()
            try:
                weight = Decimal(written) if _WEIGHT.fullmatch(written) else None
            except InvalidOperation:
                weight = None
            if weight is None:
                raise self.error("expected a number from 0 up", "weights", owner)
            found[owner] = weight
        if not any(found.values()):
            raise self.error("all weights are zero", "weights")
        return found


class _Renamed(Entry):
    """The conditions of another key than `where`."""

    def error(self, message: str, key: str, *rest: Key, hint: str | None = None) -> Any:
        return super().error(message, "driver_where" if key == "where" else key, *rest, hint=hint)


def _adds_up(name: str) -> bool:
    found = metric(name)
    # What changes sign shares nothing out, and a share of the whole is cost by another name.
    return found.additive and found.denominator is None and not found.of_total and name != "reported_drift"
