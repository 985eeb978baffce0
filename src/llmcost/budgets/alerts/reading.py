"""The alert rules of llmcost.yaml, read strictly: every complaint names the line. Without any, the shipped pack."""

import re
from collections.abc import Mapping
from decimal import Decimal

from llmcost.budgets.alerts.pack import PACK, Shipped
from llmcost.budgets.alerts.rule import AlertRule, Direction
from llmcost.budgets.alerts.windows import HINT, is_window
from llmcost.budgets.entry import ScopedEntry
from llmcost.budgets.gate import place_of
from llmcost.config.settings import Settings
from llmcost.config.yaml import Key
from llmcost.domain.text import nearest
from llmcost.ledger.metrics import metric, metric_names
from llmcost.ledger.registry import Kind

_NUMBER = re.compile(r"\d[\d_]{0,24}(?:\.\d{1,12})?")
_LENGTH = re.compile(r"(?P<number>\d{1,12}(?:\.\d{1,6})?)\s*(?P<unit>ms|s|m|h)?")
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, None: 1}
_WRITTEN = {
    "percent": "a percentage such as 5%",
    "duration": "a length of time such as 5s or 800ms",
    "money": 'an amount such as "500"',
}
_UNITS = {
    "customer-quota": {"requests": "requests", "tokens": "total_tokens", "cost": "cost"},
    "rate-limit": {"requests": "peak_requests_per_minute", "tokens": "peak_tokens_per_minute"},
}


def read_rules(settings: Settings) -> tuple[AlertRule, ...]:
    """The rules in the order of the file; ConfigError for one that cannot be meant."""
    if settings.document is None or not settings.alerts:
        return tuple(shipped_rule(settings, name) for name in PACK)
    rules: dict[str, AlertRule] = {}
    for place in range(len(settings.alerts)):
        one = _Entry(settings, settings.document, ("alerts", place), settings.alerts[place]).rule()
        if one.name in rules:
            raise settings.document.error(
                f"two alert rules are called {one.name!r}", "alerts", place, hint="add `name:` to tell them apart"
            )
        rules[one.name] = one
    return tuple(rules.values())


def shipped_rule(settings: Settings, name: str) -> AlertRule:
    """A rule of the pack as it is shipped."""
    base = PACK[name]
    kind = kind_of(base.metric, share=base.compare or base.limited)
    threshold = None if base.threshold is None else amount_of(base.threshold, kind)
    return AlertRule(
        name=name,
        rule=name,
        title=base.title,
        place=place_of(settings, "alerts"),
        metric=base.metric,
        kind=kind,
        per=base.per,
        window=base.window,
        compare=base.compare,
        limited=base.limited,
        direction=base.direction,
        threshold=threshold,
        escalate_at=escalation(base, kind, threshold, base.direction),
        min_requests=base.min_requests,
        min_cost=Decimal(base.min_cost),
    )


def kind_of(name: str | None, *, share: bool) -> Kind:
    """What is compared: a share, or the metric itself."""
    return "percent" if share or name is None else metric(name).kind


def amount_of(text: str, kind: Kind) -> Decimal | None:
    """A threshold as it is written: 5% is 0.05, 5s is 5000; None for what is none."""
    text = text.strip()
    if kind == "percent":
        number = text.removesuffix("%").strip()
        return Decimal(number.replace("_", "")) / 100 if text.endswith("%") and _NUMBER.fullmatch(number) else None
    if kind == "duration":
        found = _LENGTH.fullmatch(text)
        return Decimal(found["number"]) * _MILLISECONDS[found["unit"]] if found else None
    return Decimal(text.replace("_", "")) if _NUMBER.fullmatch(text) else None


def escalation(
    base: Shipped | None, kind: Kind, threshold: Decimal | None, direction: Direction
) -> tuple[Decimal, ...]:
    """Where a rule that says nothing about it fires again."""
    if threshold is None:
        return ()
    if base is not None and base.escalate_at is not None:
        steps = (amount_of(text, kind) for text in base.escalate_at)
        return tuple(step for step in steps if step is not None and step > threshold)
    return (threshold * 2,) if direction == "above" else (threshold / 2,)


class _Entry(ScopedEntry):
    """One entry of the list, read key by key."""

    subject = "an alert"
    span = "window"

    def rule(self) -> AlertRule:
        shipped = self.text("rule")
        base = self.base(shipped)
        watched = self.metric(shipped, base)
        name = self.text("name") or shipped or watched or ""
        compare, limits = self.compare(base), self.limits()
        limited = bool(limits) or (base is not None and base.limited)
        if compare and limited:
            raise self.error("a change has no limit", "limit", hint="leave out `compare:` or `limit:`")
        kind = kind_of(watched, share=compare or limited)
        direction, threshold = self.threshold(base, kind)
        terms = self.where()
        if watched is None and (terms or self.values.get("per")):
            raise self.error("budgets have scopes of their own", "where" if terms else "per")
        return AlertRule(
            name=name,
            rule=shipped,
            title=name if base is None else base.title,
            place=place_of(self.settings, *self.path),
            metric=watched,
            kind=kind,
            per=self.per() if "per" in self.values else () if base is None else base.per,
            conditions=tuple(condition for _, condition in terms),
            scope=" and ".join(text for text, _ in terms),
            window=self.window(base, watched),
            compare=compare,
            limited=limited,
            limits=limits,
            direction=direction,
            threshold=threshold,
            escalate_at=self.escalate_at(base, kind, threshold, direction),
            min_requests=self.count("min_requests", 0 if base is None else base.min_requests),
            min_cost=self.cost("min_cost", Decimal(0) if base is None else Decimal(base.min_cost)),
            to=self.channels(),
        )

    def base(self, shipped: str | None) -> Shipped | None:
        if shipped is None:
            if self.text("metric") is None:
                raise self.document.error(
                    "an alert needs `rule:` or `metric:`", *self.path, hint=f"the rules are {', '.join(PACK)}"
                )
            return None
        if shipped not in PACK:
            hint = nearest(shipped, PACK) or f"the rules are {', '.join(PACK)}; any other needs `name:` and `metric:`"
            raise self.error(f"unknown rule {shipped!r}", "rule", hint=hint)
        return PACK[shipped]

    def metric(self, shipped: str | None, base: Shipped | None) -> str | None:
        unit = self.text("unit")
        if unit is not None:
            choices = _UNITS.get(shipped or "", {})
            if unit not in choices:
                hint = f"use {' or '.join(choices)}" if choices else f"it belongs to {' and '.join(_UNITS)}"
                raise self.error(f"unit cannot be {unit!r}", "unit", hint=hint)
            return choices[unit]
        name = self.text("metric")
        if name is None:
            return None if base is None else base.metric
        if base is not None and base.metric != name:
            raise self.error(
                f"the rule {shipped} is about {base.metric or 'budgets'}", "metric", hint="leave `rule:` out"
            )
        if name not in metric_names():
            hint = nearest(name, metric_names()) or f"the metrics are {', '.join(metric_names())}"
            raise self.error(f"unknown metric {name!r}", "metric", hint=hint)
        if metric(name).of_total:
            raise self.error(f"{name} is a share of a report's total, which an alert has not", "metric")
        return name

    def compare(self, base: Shipped | None) -> bool:
        if "compare" not in self.values:
            return base is not None and base.compare
        if self.text("compare") != "previous":
            raise self.error("compare can only be previous", "compare")
        return True

    def threshold(self, base: Shipped | None, kind: Kind) -> tuple[Direction, Decimal | None]:
        given = [key for key in ("above", "below") if key in self.values]
        if len(given) == 2:
            raise self.error("`above:` and `below:` exclude each other", "below")
        if not given:
            if base is None:
                raise self.document.error("an alert needs `above:` or `below:`", *self.path)
            return base.direction, None if base.threshold is None else amount_of(base.threshold, kind)
        key: Direction = "above" if given == ["above"] else "below"
        return key, self.amount(kind, key)

    def amount(self, kind: Kind, *path: Key) -> Decimal:
        written = (self.document.written(*self.path, *path) or "").strip()
        amount = amount_of(written, kind)
        if amount is None:
            raise self.error(
                f"{written!r} is no threshold", str(path[0]), *path[1:], hint=f"write {_WRITTEN.get(kind, 'a number')}"
            )
        return amount

    def escalate_at(
        self, base: Shipped | None, kind: Kind, threshold: Decimal | None, direction: Direction
    ) -> tuple[Decimal, ...]:
        value = self.values.get("escalate_at")
        if value is None:
            return escalation(base, kind, threshold, direction)
        if threshold is None:
            raise self.error("there is no threshold to escalate from", "escalate_at", hint="add `above:`")
        steps = (
            [self.amount(kind, "escalate_at", place) for place in range(len(value))]
            if isinstance(value, list)
            else [self.amount(kind, "escalate_at")]
        )
        ordered = sorted(steps, reverse=direction == "below")
        if any(step <= threshold if direction == "above" else step >= threshold for step in ordered):
            raise self.error(f"escalation must lie {direction} the threshold", "escalate_at")
        return tuple(ordered)

    def window(self, base: Shipped | None, watched: str | None) -> str:
        window = self.text("window") or ("24h" if base is None else base.window)
        if watched is None:
            return window
        if not is_window(window):
            raise self.error(f"unknown window {window!r}", "window", hint=HINT)
        return window

    def limits(self) -> Mapping[str, Decimal]:
        """One limit for all, or by the value of the last dimension of `per`."""
        value = self.values.get("limit")
        if value is None:
            return {}
        if isinstance(value, dict):
            return {str(key): self.positive("limit", key) for key in value}
        return {"*": self.positive("limit")}

    def positive(self, *path: Key) -> Decimal:
        amount = self.amount("number", *path)
        if not amount:
            raise self.error("a limit of zero is always reached", str(path[0]), *path[1:])
        return amount

    def count(self, key: str, default: int) -> int:
        value = self.values.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.error("expected a whole number", key)
        return value

    def cost(self, key: str, default: Decimal) -> Decimal:
        return default if self.values.get(key) is None else self.amount("money", key)

    def channels(self) -> tuple[str, ...] | None:
        if "to" not in self.values:
            return None
        named = self.names("to", "a name")
        for name in named:
            if name not in self.settings.channels:
                known = ", ".join(self.settings.channels) or "none"
                raise self.error(f"there is no channel {name!r}", "to", hint=f"channels: {known}")
        return named
