"""Budgets in words: how much, of what, since when, and who caused it."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from llmcost.budgets.budget import Budget
from llmcost.budgets.periods import Window
from llmcost.budgets.status import Cause, Standing
from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.ledger.cells import OTHERS
from llmcost.render.numbers import human
from llmcost.render.visible import UNATTRIBUTED, label
from llmcost.stats.decomposition import EFFECTS, Contribution, Decomposition, Segment

_EFFECTS = {
    "volume": "more or fewer requests",
    "mix": "model mix",
    "errors": "failed requests",
    "tokens": "tokens per request",
    "cache": "cache rate",
    "price": "price per token",
}
SEGMENTS = 2
"""How many segments are named as the cause."""


def amount(value: Decimal, budget: Budget, *, signed: bool = False, places: int | None = None) -> str:
    """An amount of what a budget counts; `places` are the decimals of a column of money."""
    if budget.currency is not None:
        return human(value, "money", budget.currency, signed=signed, places=places)
    text = human(value, "count", "USD")
    return f"{'+' if signed and value > 0 else ''}{text} {budget.measure}"


def percent(share: Decimal | None) -> str:
    """A share rounded down: 100% is said of nothing less."""
    if share is None:
        return "-"
    return f"{int(share * 100):,}%" if share >= Decimal("0.01") or not share else "<1%"


def title(one: Standing) -> str:
    """The budget's name, and the values it is about."""
    if not one.budget.per or not one.values:
        return printable(one.budget.name)
    return f"{printable(one.budget.name)} {', '.join(map(value_label, one.values))}"


def value_label(value: str | None) -> str:
    """One value of a dimension."""
    return UNATTRIBUTED if value is None else label(value)


def span(window: Window | None) -> str:
    """The days of a window."""
    if window is None:
        return "-"
    last = window.end - timedelta(days=1)
    first = window.first
    if first.day == 1 and window.end.day == 1 and window.days <= 31:
        return f"{first:%Y-%m}"
    if first == last:
        return f"{first}"
    return f"{first} to {f'{last:%m-%d}' if first.year == last.year else last}"


def moment(instant: datetime, zone: tzinfo) -> str:
    """An instant in a budget's time zone, to the second."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone}"


def headline(one: Standing) -> str:
    """What a budget's standing is, in a sentence."""
    budget = one.budget
    name = f"budget {title(one)}"
    if one.spent is None:
        return f"{name} was not evaluated: {printable(one.reason or '')}"
    text = f"{name}: {amount(one.spent, budget)} of {amount(budget.amount, budget)} spent in {span(one.window)}"
    text += f" ({percent(one.utilisation)})"
    if one.crossed_at is not None:
        text += f", reached at {moment(one.crossed_at, budget.period.zone)}"
    if one.status == "not_evaluated":
        text += f"; not evaluated: {printable(one.reason or '')}"
    elif one.reason is not None:
        text += f"; {printable(one.reason)}"
    return f"{text}; owner {printable(budget.owner)}" if budget.owner and one.status != "ok" else text


def details(one: Standing) -> str | None:
    """The cause in a sentence or two, for formats without tables."""
    return None if one.cause is None else "; ".join(cause_lines(one, one.cause))


def cause_lines(one: Standing, cause: Cause) -> list[str]:
    """How much more than before, the segments that rose most, and what the change is made of."""
    change, budget = cause.change, one.budget
    zone = budget.period.zone
    since = cause.since.astimezone(zone).date()
    last = (cause.until - timedelta(microseconds=1)).astimezone(zone).date()
    before = f"{amount(change.before, budget)} from {since} to {last}"
    if cause.unpriced_before:
        before += f", when {plural(cause.unpriced_before, 'request')} had no known price"
    known = [part for part in change.segments if OTHERS not in part.segment]
    if not cause.complete:
        return [f"the ledger does not reach back to {since}, to compare with; {_largest(known, cause, budget)}"]
    lines = [f"{amount(change.change, budget, signed=True)} against {before}"]
    if change.change > 0:
        rising = [part for part in known if part.change > 0][:SEGMENTS]
        named = [f"{segment(cause.by, part.segment)} {amount(part.change, budget, signed=True)}" for part in rising]
        lines.append(f"caused by {' and '.join(named) or 'many small segments'}")
    else:
        lines.append(f"not more than before; {_largest(known, cause, budget)}")
    lines.append(f"made of {effects(change, budget)}")
    return lines


def _largest(known: Sequence[Contribution], cause: Cause, budget: Budget) -> str:
    """Who spent most now."""
    largest = sorted(known, key=lambda part: -part.after)[:SEGMENTS]
    named = [f"{segment(cause.by, part.segment)} {amount(part.after, budget)}" for part in largest]
    return f"the largest are {' and '.join(named)}"


def segment(by: tuple[str, ...], values: Segment) -> str:
    """A segment by its dimensions."""
    return " ".join(f"{key}={value_label(value)}" for key, value in zip(by, values, strict=True))


def effects(change: Decomposition, budget: Budget) -> str:
    """The effects that are not zero, the largest first."""
    pairs = [(_EFFECTS[name], value) for name, value in zip(EFFECTS, change.effects, strict=True) if value]
    pairs.sort(key=lambda pair: -abs(pair[1]))
    return ", ".join(f"{name} {amount(value, budget, signed=True)}" for name, value in pairs) or "nothing"
