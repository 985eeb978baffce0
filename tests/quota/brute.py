"""A second, plain replay: every question is answered from the list of all charges. Slow, and meant to be obvious."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Request:
    at: int
    end: int
    weight: int = 1
    weights: tuple[int, ...] = ()
    """Per limit, where they differ from `weight`."""
    keys: tuple[str | None, ...] = ("",)
    """Key per limit; None where the limit does not match."""
    first: int | None = None

    def weighs(self, number: int) -> int:
        return self.weights[number] if self.weights else self.weight


@dataclass(frozen=True, kw_only=True)
class Rule:
    kind: str
    amount: int
    length: int = 0
    buckets: int = 0
    span: str = ""
    zone: str = "UTC"
    day_start: int = 0
    """Seconds after midnight, at an hour at which no clock changes."""
    charge: str = "pre"
    mode: str = "enforce"
    rule: int = 0
    budget: bool = True
    """Whether it is a window of a budget; those of one budget have one `rule`."""


def span_of(instant: int, span: str, zone: str, day_start: int = 0):
    clock = (EPOCH + timedelta(microseconds=instant)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    day = (clock - timedelta(seconds=day_start)).date()
    return {
        "day": day,
        "week": day.isocalendar()[:2],
        "month": (day.year, day.month),
        "quarter": (day.year, (day.month + 2) // 3),
        "year": day.year,
    }[span]


def used(rule: Rule, charges: list[tuple[int, int]], now: int):
    """What counts at `now` of charges (instant, weight), given in order of time."""
    if rule.kind == "lifetime":
        return sum(weight for _, weight in charges)
    if rule.kind == "calendar":
        here = span_of(now, rule.span, rule.zone, rule.day_start)
        return sum(weight for at, weight in charges if span_of(at, rule.span, rule.zone, rule.day_start) == here)
    if rule.kind == "fixed":
        return sum(weight for at, weight in charges if at // rule.length == now // rule.length)
    if rule.kind == "sliding_log":
        return sum(weight for at, weight in charges if now - rule.length < at <= now)
    if rule.kind == "sliding_buckets":
        width = Fraction(rule.length, rule.buckets)
        return sum(weight for at, weight in charges if now // width - at // width < rule.buckets)
    if rule.kind == "sliding_counter":
        window = now // rule.length
        current = sum(weight for at, weight in charges if at // rule.length == window)
        previous = sum(weight for at, weight in charges if at // rule.length == window - 1)
        elapsed = Fraction(now % rule.length, rule.length)
        return previous * (1 - elapsed) + current
    if rule.kind == "anchored":
        start, total = None, 0
        for at, weight in charges:
            if start is None or at >= start + rule.length:
                start, total = at, 0
            total += weight
        return total if start is not None and now < start + rule.length else 0
    if rule.kind == "gcra":
        level, last = Fraction(0), 0
        drain = Fraction(rule.amount, rule.length)
        for at, weight in [*charges, (now, 0)]:
            level = max(Fraction(0), level - (at - last) * drain) + weight
            last = at
        return level
    raise AssertionError(rule.kind)


def replay(rules: list[Rule], requests: list[Request], *, decides="all", counts="all", refused_count=False):
    """For each request the number of the rule that refuses it, or None."""
    charges: list[list[tuple[int, int, int, str | None]]] = [[] for _ in rules]  # instant, order, weight, key
    verdicts = []
    for order, request in enumerate(requests):
        matching = [number for number in range(len(rules)) if request.keys[number] is not None]
        deciding = [n for n in matching if decides == "all" or rules[n].rule == request.first]
        full = []
        for number in deciding:
            rule = rules[number]
            if rule.kind == "in_flight":
                mine = [end for end, _, _, key in charges[number] if key == request.keys[number]]
                if sum(1 for end in mine if end > request.at) + 1 > rule.amount:
                    full.append(number)
                continue
            landed = sorted(c for c in charges[number] if c[0] <= request.at and c[3] == request.keys[number])
            level = used(rule, [(at, weight) for at, _, weight, _ in landed], request.at)
            fits = level < rule.amount if rule.charge == "post" else level + request.weighs(number) <= rule.amount
            if not fits:
                full.append(number)
        hard = [n for n in full if rules[n].mode == "enforce"]
        budgets = [n for n in deciding if rules[n].budget and rules[n].mode != "audit"]
        allowing = {rules[n].rule for n in budgets} - {rules[n].rule for n in budgets if n in full}
        soft = [n for n in full if rules[n].mode == "soft"] if not allowing else []
        verdict = next(iter(hard or soft), None)
        verdicts.append(verdict)
        for number in matching if counts == "all" else deciding:
            rule = rules[number]
            if rule.charge == "post" or rule.kind == "in_flight":
                if verdict is None:
                    charges[number].append((request.end, order, request.weighs(number), request.keys[number]))
            elif verdict is None or refused_count:
                charges[number].append((request.at, order, request.weighs(number), request.keys[number]))
    return verdicts
