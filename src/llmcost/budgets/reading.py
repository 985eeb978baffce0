"""The budgets of llmcost.yaml, read strictly: every complaint names the line."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from llmcost.budgets.budget import Budget, Measure
from llmcost.budgets.entry import ScopedEntry
from llmcost.budgets.gate import place_of
from llmcost.budgets.periods import CALENDAR, BudgetPeriod
from llmcost.budgets.spending import rates_for
from llmcost.config.settings import Settings
from llmcost.config.yaml import Key
from llmcost.domain.errors import UsageError
from llmcost.domain.fx import BASE
from llmcost.domain.period import time_zone
from llmcost.ledger.filters import Condition

_AMOUNT = re.compile(r"\+?\d[\d_]{0,24}(?:\.\d{1,12})?")
_ROLLING = re.compile(r"([1-9]\d{0,3})d")
_PERCENT = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*%?")
_PERIOD_HINT = f"use {', '.join(CALENDAR)}, custom, or a number of days such as 30d"


def read_budgets(settings: Settings) -> tuple[Budget, ...]:
    """The budgets, in the order of the file; ConfigError for one that cannot be meant."""
    if settings.document is None:
        return ()
    budgets = []
    places: dict[str, int] = {}
    for place in range(len(settings.budgets)):
        one = _Entry(settings, settings.document, ("budgets", place), settings.budgets[place]).budget()
        if one.name in places:
            raise settings.document.error(
                f"two budgets are called {one.name!r}", "budgets", place, "name", hint="names tell budgets apart"
            )
        places[one.name] = place
        budgets.append(one)
    return tuple(budgets)


class _Entry(ScopedEntry):
    """One entry of the list, read key by key."""

    subject = "a budget"
    span = "period"

    def budget(self) -> Budget:
        name = self.text("name")
        if name is None:
            raise self.document.error("a budget without a name", *self.path, hint="add `name:`")
        measure, currency = self.unit()
        terms = [*self.where(), *self.scope()]
        return Budget(
            name=name,
            place=place_of(self.settings, *self.path),
            conditions=tuple(condition for _, condition in terms),
            scope=" and ".join(text for text, _ in terms),
            per=self.per(),
            period=self.period(),
            amount=self.amount(),
            measure=measure,
            currency=currency,
            warn_at=self.percents("warn_at"),
            forecast_at=self.percents("forecast_at"),
            warn_until=self.day("warn_until"),
            owner=self.text("owner"),
            segments=self.names("segments"),
        )

    def scope(self) -> list[tuple[str, Condition]]:
        """`scope: {model: gpt-5*, environment: [production, prod]}`: `*` is any text, `?` any one character."""
        value = self.values.get("scope")
        if value is None:
            return []
        if not isinstance(value, dict):
            raise self.error("expected a mapping", "scope", hint='such as {model: "gpt-5*", environment: production}')
        return [self.dimension(key, wanted) for key, wanted in value.items()]

    def dimension(self, key: str, wanted: Any) -> tuple[str, Condition]:
        self.check_name(key, "scope", key)
        values = wanted if isinstance(wanted, list) else [wanted]
        places: list[tuple[Key, ...]] = [(place,) for place in range(len(values))] if isinstance(wanted, list) else [()]
        texts = [self.value(value, key, *place) for value, place in zip(values, places, strict=True)]
        if not texts:
            raise self.error("expected a value, or a list of values", "scope", key, hint='"*" is any value')
        shown = f"{key}={','.join(texts)}"
        if not any(sign in text for text in texts for sign in "*?"):
            return shown, Condition(key=key, operator="in", values=tuple(texts))
        pattern = "|".join(map(_glob, texts))
        return shown, Condition(key=key, operator="~", values=(f"(?s)^(?:{pattern})$",))

    def value(self, value: Any, key: str, *place: Key) -> str:
        """A number as it is written, and a flag as the ledger has it, however YAML lets it be spelt."""
        if isinstance(value, bool):
            return str(value).lower()
        text = None if value is None else self.document.written(*self.path, "scope", key, *place)
        if not text:
            hint = f'"*" is any value; `where: ["{key}="]` is no value'
            raise self.error("expected a value, or a list of values", "scope", key, *place, hint=hint)
        return text

    def unit(self) -> tuple[Measure, str | None]:
        unit = self.text("unit")
        if unit is not None and unit.lower() in {"token", "tokens"}:
            return "tokens", None
        if unit is not None and unit.lower() in {"request", "requests"}:
            return "requests", None
        code = (unit or self.settings.currency).upper()
        if not re.fullmatch("[A-Z]{3}", code):
            raise self.error(f"unknown unit {unit!r}", "unit", hint="use a currency such as usd, or tokens or requests")
        if code != BASE:
            try:
                rates_for(code, self.settings)
            except UsageError as error:
                raise self.error(error.message, "name" if unit is None else "unit", hint=error.hint) from error
        return "cost", code

    def amount(self) -> Decimal:
        if self.values.get("amount") is None:
            raise self.document.error("a budget without an amount", *self.path, hint="add `amount:`")
        written = (self.document.written(*self.path, "amount") or "").strip()
        hint = 'write a number such as "500" or "99.95"'
        if written.startswith("-"):
            raise self.error(f"a budget of {written} is below zero", "amount", hint=hint)
        if not _AMOUNT.fullmatch(written):
            raise self.error(f"{written!r} is not an amount", "amount", hint=hint)
        try:
            amount = Decimal(written.replace("_", ""))
        except InvalidOperation:
            raise self.error(f"{written!r} is not an amount", "amount", hint=hint) from None
        if not amount:
            raise self.error(
                "a budget of zero is reached before anything is spent", "amount", hint="leave the budget out"
            )
        return amount

    def percents(self, key: str) -> tuple[Decimal, ...]:
        found = set()
        for place, item in enumerate(self.items(key)):
            match = None if isinstance(item, bool | None) else _PERCENT.fullmatch(str(item).strip())
            if match is None or not Decimal(match[1]):
                raise self.error("expected a percentage above 0", key, place, hint="write it as 80")
            found.add(Decimal(match[1]))
        return tuple(sorted(found))

    def period(self) -> BudgetPeriod:
        zone = time_zone(self.settings.tz)
        if (name := self.text("tz")) is not None:
            try:
                zone = time_zone(name)
            except UsageError as error:
                raise self.error(error.message, "tz", hint=error.hint) from error
        kind = self.text("period") or "month"
        start, end = self.day("start"), self.day("end")
        if kind == "custom":
            if start is None or end is None or start >= end:
                raise self.error(
                    "a custom period needs `start:` and a later `end:`",
                    "period",
                    hint="`end:` is the day after the last",
                )
            return BudgetPeriod(kind="custom", zone=zone, start=start, end=end)
        if end is not None:
            raise self.error("only a custom period ends", "end", hint="write `period: custom`")
        rolling = _ROLLING.fullmatch(kind)
        if rolling is not None:
            if start is not None:
                raise self.error("a rolling period has no start", "start")
            return BudgetPeriod(kind="rolling", zone=zone, days=int(rolling[1]))
        for known in CALENDAR:
            if kind == known:
                return BudgetPeriod(kind=known, zone=zone, start=start)
        raise self.error(f"unknown period {kind!r}", "period", hint=_PERIOD_HINT)

    def day(self, key: str) -> date | None:
        value = self.text(key)
        if value is None:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.error(f"{value!r} is not a day", key, hint="write it as 2026-11-15") from None


def named(budgets: Sequence[Budget], names: Sequence[str]) -> tuple[Budget, ...]:
    """Those asked for, or all; UsageError for a name no budget has."""
    from llmcost.domain.text import nearest

    known = [one.name for one in budgets]
    for name in names:
        if name not in known:
            hint = nearest(name, known) or (f"the budgets are {', '.join(known)}" if known else "there are none")
            raise UsageError(f"no budget is called {name!r}", hint=hint)
    return tuple(one for one in budgets if not names or one.name in names)


def _glob(text: str) -> str:
    return "".join(".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in text)
