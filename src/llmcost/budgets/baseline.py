"""The baseline: what was spent lately at some commit, to tell what a change costs.

A month-to-date sum depends on the day it was taken, so a baseline holds what each budget's scope spent over the last whole
days, seven unless asked otherwise: the same weekdays on both sides. The file is small, sorted and meant to be committed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.budgets import spending
from llmcost.budgets.budget import Budget
from llmcost.budgets.checking import BudgetCheck
from llmcost.budgets.gate import Measured, hides_cost, place_of
from llmcost.budgets.periods import BudgetPeriod, days_before, reaches_back
from llmcost.budgets.status import Standing, uncounted_reason, unmeasured_reason
from llmcost.config.settings import Settings
from llmcost.domain.errors import DataError, LlmcostError, UsageError
from llmcost.domain.exact import EXACT
from llmcost.domain.period import time_zone
from llmcost.domain.text import plural

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

SCHEMA = "llmcost/baseline/1"
FILE = Path(".llmcost") / "baseline.json"
"""Beside llmcost.yaml."""
DAYS = 7
COUNTED = frozenset({"tokens", "requests"})
"""The units that are no money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one scope spent over the days of a baseline."""

    name: str | None
    """The budget's; None for everything."""
    unit: str
    """A currency code, `tokens` or `requests`."""
    spent: Decimal
    requests: int = 0
    unpriced: int = 0
    """Requests of unknown cost, in no sum; 0 in a baseline that does not say."""
    unmeasured: int = 0
    """Of tokens: requests of which nothing says what they used; 0 in a baseline that does not say."""
    unknown_sums: int = 0
    """Of exports: sums that are not in what was spent, as nothing says how much they are of; 0 in a baseline that does not say."""
    breached: tuple[tuple[str | None, ...], ...] = ()
    """The values of a budget for each that were reached; one empty value for a budget that was."""
    since: datetime | None = None
    """When the budget's running period began, UTC; None where it is not in force, and in a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What was spent over some whole days."""

    as_of: datetime
    days: int
    complete: bool
    """Whether the ledger reaches back to the first of the days."""
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What became of one scope."""

    old: Entry | None
    """None for a budget the baseline does not have."""
    new: Entry
    crossed: tuple[tuple[str | None, ...], ...]
    """Values reached now and not then."""

    @property
    def name(self) -> str | None:
        """The budget's; None for everything."""
        return self.new.name

    @property
    def unit(self) -> str:
        """A currency code, `tokens` or `requests`."""
        return self.new.unit

    @property
    def before(self) -> Decimal | None:
        """What was spent then; None for a budget the baseline does not have."""
        return None if self.old is None else self.old.spent

    @property
    def after(self) -> Decimal:
        """What is spent now."""
        return self.new.spent

    @property
    def change(self) -> Decimal | None:
        """The difference."""
        return None if self.before is None else EXACT.subtract(self.after, self.before)

    @property
    def ratio(self) -> Decimal | None:
        """The change as a share of what was spent before; None where that was nothing."""
        return None if self.change is None or not self.before else EXACT.divide(self.change, self.before)


def measure(
    connection: "Connection", settings: Settings, budgets: Sequence[Budget], check: BudgetCheck, *, days: int = DAYS
) -> Baseline:
    """The baseline as of a check's instant, of everything and of the budgets that can be judged."""
    period = BudgetPeriod(kind="rolling", zone=time_zone(settings.tz), days=days)
    whole = Budget(
        name="", place=place_of(settings), period=period, amount=Decimal(1), measure="cost", currency=settings.currency
    )
    judged = {one.budget.name for one in check.standings if one.spent is not None}
    chosen = [whole, *(replace(one, per=()) for one in budgets if one.name in judged)]
    members = [
        spending.watched(connection, one, days_before(check.now, one.period.zone, days), check.now) for one in chosen
    ]
    sums = spending.sums(connection, settings, members, check.basis)
    running = {one.budget.name: one.window.since for one in check.standings if one.window is not None}
    breached: dict[str, list[tuple[str | None, ...]]] = {}
    for one in check.breached:
        breached.setdefault(one.budget.name, []).append(one.values)
    entries = [
        Entry(
            name=budget.name or None,
            unit=(budget.currency or budget.measure).lower(),
            spent=spending.amount(found.by_value[()], budget.measure),
            requests=found.by_value[()].requests,
            unpriced=found.by_value[()].unpriced,
            unmeasured=found.by_value[()].unmeasured if budget.measure == "tokens" else 0,
            unknown_sums=spending.unknown_sums(found.by_value[()], budget.measure),
            breached=tuple(sorted(breached.get(budget.name, []), key=_sortable)),
            since=running.get(budget.name),
        )
        for budget, found in zip(chosen, sums, strict=True)
    ]
    return Baseline(
        as_of=check.now.astimezone(UTC),
        days=days,
        complete=reaches_back(check.first, members[0].window.since),
        entries=tuple(sorted(entries, key=lambda one: one.name or "")),
    )


def compared(base: Baseline, now: Baseline) -> tuple[Difference, ...]:
    """What became of each entry of now, in order."""
    before = {(one.name, one.unit): one for one in base.entries}
    found = []
    for one in now.entries:
        old = before.get((one.name, one.unit))
        found.append(
            Difference(
                old=old,
                new=one,
                crossed=tuple(
                    values
                    for values in one.breached
                    if old is None or values not in old.breached or not _in_period(base, one.since)
                ),
            )
        )
    return tuple(found)


def judged(settings: Settings, base: Baseline, now: Baseline) -> list[Measured]:
    """What the gate says of the change. Where it names a share and an amount, a rise must be above both to fail.

    What was reached then and is now does not depend on how far back the days of either side are known.
    """
    gate = settings.gate
    found = []
    rises = gate.increase is not None or gate.increase_amount is not None
    whole = base.complete and now.complete
    if not whole and (rises or not gate.crossed):
        which = "the baseline" if not base.complete else "the ledger"
        found.append(
            _unknown(settings, f"{which} does not reach back {base.days} days, so there is nothing to compare")
        )
    for one in compared(base, now):
        if rises and whole:
            found += _rise(settings, one, base.days)
        if gate.crossed and one.crossed:
            found.append(
                Measured(
                    name="crossed",
                    outcome="failed",
                    value=str(len(one.crossed)),
                    limit="0",
                    message=f"budget {one.name} was reached since the baseline",
                    place=place_of(settings, "gate", "crossed"),
                )
            )
    return found


def _rise(settings: Settings, one: Difference, days: int) -> list[Measured]:
    share, amount = settings.gate.increase, settings.gate.increase_amount
    if one.change is None or one.before is None:
        return []
    in_money = one.unit == settings.currency.lower()
    if amount is not None and not in_money and share is None:
        return []
    above_share = share is None or one.change > EXACT.multiply(share, one.before)
    above_amount = amount is None or not in_money or one.change >= amount
    failed = one.change > 0 and above_share and above_amount
    hiding = _hiding(settings, one, failed=failed)
    name = one.name or "everything"
    rate = "" if one.ratio is None else f" ({one.ratio * 100:+.1f}%)"
    digits = 2 if in_money else 0
    allowed = " and ".join(
        text
        for text in (
            None if share is None else f"{share * 100:.1f}%",
            None if amount is None or not in_money else f"{amount:,}",
        )
        if text
    )
    message = (
        f"{name}: {one.change:+,.{digits}f} {one.unit}{rate} in {days} days since the baseline; {allowed} is allowed"
    )
    if hiding is not None:
        when = "now" if hiding is one.new else "at the baseline"
        message += f"; {_left_out(hiding, when)}"
    return [
        Measured(
            name="increase",
            outcome="not_evaluated" if hiding is not None else "failed" if failed else "ok",
            value=f"{one.change:f}" if one.unit in COUNTED else one.change,
            limit=amount if amount is not None and in_money else f"{share:f}",
            message=message,
            place=place_of(settings, "gate", "increase" if share is not None else "increase_amount"),
            missing=hiding is not None,
        )
    ]


def _hiding(settings: Settings, one: Difference, *, failed: bool) -> Entry | None:
    """The side that leaves the verdict open, as requests have no known price or sums of exports do not say how much they are of.

    What is spent now may be more than a rise that is allowed; one that is not may be from a cost nothing is known of.
    """
    side = one.old if failed else one.new
    if side is None:
        return None
    if side.unit in COUNTED and side.unknown_sums:
        return side
    left_out = {"tokens": side.unmeasured, "requests": 0}.get(side.unit, side.unpriced)
    if failed:
        nothing_known = 0 < left_out >= side.requests and not side.spent
        hides = nothing_known or hides_cost(settings, 0, 0, side.unknown_sums)
    else:
        hides = hides_cost(settings, left_out, side.requests, side.unknown_sums)
    return side if hides else None


def _left_out(side: Entry, when: str) -> str:
    """What is not in a side's amount, in words."""
    if side.unit in COUNTED and side.unknown_sums:
        return f"{when} {uncounted_reason(side.unknown_sums, side.unit)}"
    if side.unit == "tokens":
        return f"{when} {unmeasured_reason(side.unmeasured, side.requests, Decimal(0))}"
    requests = f"{side.unpriced:,} of {plural(side.requests, 'request')}" if side.unpriced else ""
    sums = plural(side.unknown_sums, "usage bucket") if side.unknown_sums else ""
    return f"without a known price {when}: {' and '.join(filter(None, (requests, sums)))}"


def excused(check: BudgetCheck, base: Baseline) -> BudgetCheck:
    """The check with breaches that the baseline knows as warnings: a change is not to blame for them."""
    known = {(one.name, values) for one in base.entries for values in one.breached}
    return replace(check, standings=tuple(_excused(one, base, known) for one in check.standings))


def _excused(one: Standing, base: Baseline, known: set[tuple[str | None, tuple[str | None, ...]]]) -> Standing:
    since = None if one.window is None else one.window.since
    if one.status != "breached" or (one.budget.name, one.values) not in known or not _in_period(base, since):
        return one
    return replace(one, status="warning", reason="it was reached before the baseline")


def _in_period(base: Baseline, since: datetime | None) -> bool:
    """Whether a baseline is of the period that began then: what was reached in an earlier one began anew."""
    return since is not None and base.as_of >= since


def missing(settings: Settings, error: LlmcostError) -> Measured:
    """The gate asks for a comparison and there is no baseline."""
    return _unknown(settings, error.message if error.hint is None else f"{error.message}; {error.hint}")


def _unknown(settings: Settings, message: str) -> Measured:
    return Measured(
        name="baseline",
        outcome="not_evaluated",
        value=None,
        limit="",
        message=message,
        place=place_of(settings, "gate"),
        missing=True,
    )


def read(path: Path) -> Baseline:
    """The baseline in a file; DataError when there is none, UsageError when the file is something else."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise DataError(f"no baseline at {path}", hint="write one with `llmcost budget baseline`") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the baseline {path}: {error}") from error
    try:
        document = json.loads(text)
        if document["schema"] != SCHEMA:
            raise UsageError(f"{path} is not a baseline but {document['schema']!r}", hint=f"expected {SCHEMA}")
        return Baseline(
            as_of=_instant(document["as_of"]),
            days=int(document["days"]),
            complete=bool(document["complete"]),
            entries=tuple(_entry(one) for one in document["entries"]),
        )
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise UsageError(
            f"{path} is not a baseline: {type(error).__name__} {error}",
            hint="write it again with `llmcost budget baseline`",
        ) from error


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} is in no time zone")
    return instant


def _entry(one: dict[str, Any]) -> Entry:
    spent = Decimal(one["spent"])
    if not spent.is_finite():
        raise ValueError(f"{spent} was spent")
    return Entry(
        name=one["budget"],
        unit=one["unit"],
        spent=spent,
        requests=int(one.get("requests", 0)),
        unpriced=int(one.get("unpriced_requests", 0)),
        unmeasured=int(one.get("unmeasured_requests", 0)),
        unknown_sums=int(one.get("unknown_buckets", 0)),
        breached=tuple(tuple(values) for values in one["breached"]),
    )


def _sortable(values: tuple[str | None, ...]) -> tuple[tuple[bool, str], ...]:
    return tuple((value is None, value or "") for value in values)
