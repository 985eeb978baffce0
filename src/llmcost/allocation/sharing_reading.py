"""One way of sharing a cost, alone or in a rule, read key by key."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from llmcost.allocation.policy import ALLOCATED, COST, METHODS, Driver, Method, Rule, Sharing, Term
from llmcost.config.yaml import Key
from llmcost.domain.text import nearest
from llmcost.ledger.entry import Entry
from llmcost.ledger.metrics import metric, metric_names

SHARING_KEYS = ("method", "to", "driver", "driver_where", "weights")
_WEIGHT = re.compile(r"\d{1,12}(?:\.\d{1,12})?")


class SharingEntry(Entry):
    """One way of sharing, alone or in a rule."""

    def rule(self) -> Rule:
        """A rule: its name, which cost it takes, and how that is shared."""
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
        """How a cost is shared; a method that the other keys tell need not be written."""
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
            if not _WEIGHT.fullmatch(written):
                raise self.error("expected a number from 0 up", "weights", owner)
            found[owner] = Decimal(written)
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
