"""The `statement:` of an allocation: what customers are sent."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.allocation.policy import StatementTerms, UnitPrice
from llmcost.config.yaml import check_keys
from llmcost.domain.errors import UsageError
from llmcost.domain.text import nearest
from llmcost.ledger.entry import Entry
from llmcost.ledger.metrics import metric, metric_names

if TYPE_CHECKING:
    from llmcost.allocation.run import Asked

_KEYS = ("title", "issuer", "note", "by", "columns", "markup", "prices", "names")
_NUMBER = re.compile(r"\d{1,18}(?:\.\d{1,12})?")
_PERCENT = re.compile(r"(-?\d{1,4}(?:\.\d{1,6})?)\s*%")


def read_terms(section: Entry) -> StatementTerms:
    """The terms, with the defaults for what is left out; ConfigError for what cannot be meant."""
    value = section.values.get("statement")
    if value is None:
        return StatementTerms()
    path = (*section.path, "statement")
    check_keys(section.document, path, _KEYS)
    return _Terms(section.settings, section.document, path, value).terms()


def changed(asked: "Asked", *, by: str | None, columns: Sequence[str], markup: str | None) -> "Asked":
    """The same question with terms of the command line; UsageError for what cannot be meant."""
    terms = asked.policy.statement
    for name in columns:
        if name not in metric_names() or not _adds_up(name):
            raise UsageError(
                f"{name!r} is no metric whose parts add up", hint=nearest(name, metric_names()) or "such as requests"
            )
    if markup is not None:
        found = _PERCENT.fullmatch(markup.strip())
        if found is None or Decimal(found[1]) < -100:
            raise UsageError(f"cannot read --markup {markup!r}", hint="write a percentage such as 20%")
        terms = replace(terms, markup=Decimal(found[1]) / 100, prices=())
    if by is not None and by != terms.by:
        terms = replace(terms, by=by, names={})
    terms = replace(terms, columns=tuple(dict.fromkeys(columns)) or terms.columns)
    return replace(asked, policy=replace(asked.policy, statement=terms))


def _adds_up(name: str) -> bool:
    return metric(name).additive and not metric(name).of_total


class _Terms(Entry):
    def terms(self) -> StatementTerms:
        usual = StatementTerms()
        columns = self.names("columns", "the name of a metric")
        for place, name in enumerate(columns):
            self._metric(name, "columns", place)
        prices = self._prices()
        markup = self._markup()
        if prices and markup is not None:
            raise self.error(
                "a markup is on cost, and the prices take its place", "markup", hint="leave one of them out"
            )
        return StatementTerms(
            title=self.text("title") or usual.title,
            issuer=self.text("issuer"),
            note=self.text("note"),
            by=self.text("by") or usual.by,
            columns=columns or usual.columns,
            markup=markup,
            prices=prices,
            names=self._names(),
        )

    def _markup(self) -> Decimal | None:
        value = self.values.get("markup")
        if value is None:
            return None
        found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
        if found is None or Decimal(found[1]) < -100:
            raise self.error("expected a percentage", "markup", hint="write it as 20%")
        return Decimal(found[1]) / 100

    def _prices(self) -> tuple[UnitPrice, ...]:
        value = self.values.get("prices")
        if value is None:
            return ()
        if not isinstance(value, dict) or not value:
            raise self.error(
                "expected prices by metric", "prices", hint='such as {total_tokens: {per: 1000000, price: "12.00"}}'
            )
        found = []
        for name, terms in value.items():
            self._metric(name, "prices", name)
            check_keys(self.document, (*self.path, "prices", name), ("per", "price"))
            per = self._number(name, "per") if "per" in terms else Decimal(1)
            if not per:
                raise self.error("a price for nothing", "prices", name, "per", hint="such as 1000000")
            if "price" not in terms:
                raise self.error("no price", "prices", name, hint="add `price:`")
            found.append(UnitPrice(metric=name, per=per, price=self._number(name, "price")))
        return tuple(found)

    def _number(self, *keys: str) -> Decimal:
        written = (self.document.written(*self.path, "prices", *keys) or "").strip()
        if not _NUMBER.fullmatch(written):
            raise self.error("expected a number from 0 up", "prices", *keys, hint='such as "12.50"')
        return Decimal(written)

    def _metric(self, name: str, key: str, place: str | int) -> None:
        if name not in metric_names():
            raise self.error(
                f"there is no metric {name!r}", key, place, hint=nearest(name, metric_names()) or "such as requests"
            )
        if not _adds_up(name):
            raise self.error(f"{name} of the parts does not add up to that of the whole", key, place)

    def _names(self) -> dict[str, str]:
        value = self.values.get("names")
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(name, str) and name.strip() for name in value.values()):
            raise self.error("expected names by value", "names", hint='such as {gpt-5: "Premium model"}')
        return dict(value)
