"""All budgets and conditions of a llmcost.yaml, judged at one instant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.budgets import spending
from llmcost.budgets.budget import Budget
from llmcost.budgets.causes import cause
from llmcost.budgets.gate import Measured, conditions, freshness, hides_cost
from llmcost.budgets.periods import Window, window_at
from llmcost.budgets.spending import Sums, Values, Watched
from llmcost.budgets.status import Standing, judged, missing_reason, pace_of, uncounted_reason, unmeasured_reason
from llmcost.budgets.unmatched import unmatched
from llmcost.config.settings import Settings
from llmcost.domain.errors import ExitCode, UsageError
from llmcost.domain.fx import BASE
from llmcost.domain.period import Period, time_zone
from llmcost.ledger import queries, scopes
from llmcost.ledger.composition import Basis
from llmcost.ledger.scopes import Spent

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

CAUSES = 5
"""How many breaches are explained, the worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetCheck:
    """What was found."""

    now: datetime
    standings: tuple[Standing, ...]
    """In the order of the file; the values of one budget by what they spent."""
    gates: tuple[Measured, ...]
    first: datetime | None
    """Start of the ledger's first request, UTC."""
    last: datetime | None
    basis: Basis

    @property
    def breached(self) -> tuple[Standing, ...]:
        """Budgets that are reached, the worst first."""
        found = [one for one in self.standings if one.status == "breached"]
        return tuple(sorted(found, key=lambda one: -(one.utilisation or 0)))

    @property
    def unproven(self) -> int:
        """How many budgets could not be judged for unpriced requests alone; 0 where anything else is missing too."""
        wanting = [one for one in self.standings if one.missing]
        if any(one.missing for one in self.gates) or not all(one.unproven for one in wanting):
            return 0
        return len(wanting)

    @property
    def missing(self) -> bool:
        """Whether data it takes to judge something is missing."""
        return any(one.missing for one in self.standings) or any(one.missing for one in self.gates)

    @property
    def exit_code(self) -> ExitCode:
        """1 for a breach or a condition not met, else 3 where data is missing."""
        if self.breached or any(one.outcome == "failed" for one in self.gates):
            return ExitCode.FINDING
        return ExitCode.DATA if self.missing else ExitCode.OK


def check(
    connection: "Connection",
    settings: Settings,
    budgets: Sequence[Budget],
    now: datetime,
    *,
    gates: bool = True,
    causes: bool = True,
    basis: Basis | None = None,
) -> BudgetCheck:
    """Judge budgets at `now`: only what began before it counts; on requests if there are any, unless `basis` says.

    `gates` are the conditions beside freshness, `causes` says what made the worst breaches.
    """
    told, now = now, now.astimezone(UTC)
    past = Period(until=now)
    zone = time_zone(settings.tz)
    basis = basis or queries.basis_of(connection, past, zone)
    bounds = scopes.bounds(connection, spending.selection(settings, basis, past, zone=zone, currency=None))
    first, last = (None, None) if bounds is None else (bound.replace(tzinfo=UTC) for bound in bounds)
    fresh = freshness(settings, last, now)
    measured = [fresh, *(conditions(connection, settings, basis, now) if gates else [])]
    order: dict[int, list[Standing]] = {}
    watching: list[tuple[int, Watched]] = []
    for place, budget in enumerate(budgets):
        window = window_at(budget.period, now)
        reason, missing = _not_now(settings, budget, window, now)
        if window is not None and reason is None:
            try:
                watching.append((place, spending.watched(connection, budget, window, now)))
                continue
            except UsageError as error:
                reason, missing = error.message if error.hint is None else f"{error.message} ({error.hint})", True
        order[place] = [Standing(budget=budget, window=window, status="not_evaluated", reason=reason, missing=missing)]
    members = [one for _, one in watching]
    summed = spending.sums(connection, settings, members, basis)
    empty = {
        one.budget.name: one.conditions
        for one, sums in zip(members, summed, strict=True)
        if set(sums.by_value.values()) <= {Spent()}
    }
    slips = unmatched(connection, settings, empty, now, basis)
    for (place, one), sums in zip(watching, summed, strict=True):
        found = _standings(connection, settings, one, sums, fresh=fresh, begins=first, now=now, basis=basis)
        slip = slips.get(one.budget.name)
        order[place] = [replace(each, reason=slip) if slip and each.status == "ok" else each for each in found]
    standings = [one for place in sorted(order) for one in order[place]]
    return BudgetCheck(
        now=told,
        standings=tuple(_explained(connection, settings, standings, now, basis, begins=first) if causes else standings),
        gates=tuple(measured),
        first=first,
        last=last,
        basis=basis,
    )


def _not_now(settings: Settings, budget: Budget, window: Window | None, now: datetime) -> tuple[str | None, bool]:
    """Why a budget cannot be judged now, and whether that is for want of data."""
    start, end = budget.period.start, budget.period.end
    if window is None:
        today = now.astimezone(budget.period.zone).date()
        return (f"it begins on {start}" if start is not None and today < start else f"it ended on {end}"), False
    if budget.currency is not None and budget.currency != BASE:
        first = spending.rates_for(budget.currency, settings)[0][0]
        if first > window.first:
            return f"no rate from {BASE} to {budget.currency} before {first}", True
    return None, False


def _standings(
    connection: "Connection",
    settings: Settings,
    one: Watched,
    sums: Sums,
    *,
    fresh: Measured,
    begins: datetime | None,
    now: datetime,
    basis: Basis,
) -> list[Standing]:
    budget = one.budget
    found = [
        _standing(settings, one, values, spent, sums=sums, fresh=fresh, begins=begins, now=now)
        for values, spent in sums.by_value.items()
    ]
    if not found:
        reason = "no request in this period has a value for " + ", ".join(budget.per)
        stale = fresh.missing
        return [
            Standing(
                budget=budget,
                window=one.window,
                spent=Decimal(0),
                status="not_evaluated" if stale else "ok",
                reason=fresh.message if stale else reason,
                missing=stale,
            )
        ]
    found.sort(key=lambda standing: (-(standing.spent or 0), tuple((v is None, v or "") for v in standing.values)))
    if all(standing.status != "breached" for standing in found):
        return found
    if budget.per:
        times = spending.crossings(connection, settings, one, basis)
    else:
        time = spending.crossed_at(connection, settings, one, basis, sums.daily)
        times = {} if time is None else {(): time}
    return [_crossed(standing, times) for standing in found]


def _crossed(standing: Standing, times: dict[Values, datetime]) -> Standing:
    time = times.get(standing.values)
    return standing if time is None else replace(standing, crossed_at=time.replace(tzinfo=UTC))


def _standing(
    settings: Settings,
    one: Watched,
    values: Values,
    spent: Spent,
    *,
    sums: Sums,
    fresh: Measured,
    begins: datetime | None,
    now: datetime,
) -> Standing:
    budget = one.budget
    amount = spending.amount(spent, budget.measure)
    pace = pace_of(budget, one.window, amount, sums.daily, now, begins=begins)
    status, reason = judged(budget, amount, pace, now)
    missing = unproven = False
    left_out = spending.unknown_sums(spent, budget.measure)
    allowed = settings.gate.unpriced or Decimal(0)
    hidden = budget.measure == "cost" and hides_cost(settings, spent.unpriced, spent.requests, spent.unpriced_sums)
    if hidden and amount < budget.amount:  # what is reached is reached, whatever else was spent
        reason = missing_reason(spent.unpriced, spent.requests, allowed, spent.unpriced_sums)
        status, missing = "not_evaluated", True
        unproven = True
    elif budget.measure != "cost" and left_out and amount < budget.amount:
        reason = uncounted_reason(left_out, budget.measure)
        status, missing = "not_evaluated", True
    elif (
        budget.measure == "tokens" and hides_cost(settings, spent.unmeasured, spent.requests) and amount < budget.amount
    ):
        reason = unmeasured_reason(spent.unmeasured, spent.requests, allowed)
        status, missing = "not_evaluated", True
    elif status == "ok" and fresh.missing:
        status, reason, missing = "not_evaluated", fresh.message, True
    return Standing(
        budget=budget,
        values=values,
        window=one.window,
        spent=amount,
        unpriced=spent.unpriced,
        requests=spent.requests,
        pace=pace,
        status=status,
        reason=reason,
        missing=missing,
        unproven=unproven,
    )


def _explained(
    connection: "Connection",
    settings: Settings,
    standings: Sequence[Standing],
    now: datetime,
    basis: Basis,
    *,
    begins: datetime | None,
) -> list[Standing]:
    """The worst breaches with their cause."""
    worst = sorted(
        (place for place, one in enumerate(standings) if one.status == "breached"),
        key=lambda place: -(standings[place].utilisation or 0),
    )[:CAUSES]
    found = list(standings)
    for place in worst:
        one = standings[place]
        if one.window is not None:
            known = spending.watched(connection, one.budget, one.window, now)
            found[place] = replace(one, cause=cause(connection, settings, known, one.values, basis, begins=begins))
    return found
