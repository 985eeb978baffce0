"""Plans that would have earned more, fitted on earlier months and judged on later ones.

Customers take the cheapest plan every month. The suggestion stands beside what else could be done: keep today's plans, charge
cost plus a quarter, or the plans of the file. What its own interval on the later months says is worse than today is not
recommended.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.errors import DataError, UsageError
from llmcost.tiers.candidates import candidates
from llmcost.tiers.rating import RATED, load, rate
from llmcost.tiers.search import Candidate, Constraints, Month, best, spared
from llmcost.tiers.uncertainty import Interval, intervals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.tiers.rating import Offer

KEEP, SUGGESTED, COST_PLUS, FILE = "keep", "suggested", "cost-plus", "file"
_PLUS = Decimal("1.25")
_CENT = Decimal("0.01")
_ZERO = Decimal(0)
_FITTED = 1_500
"""Customer months the search looks at; of more, every so many by size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to charge."""

    name: str
    """keep, suggested, cost-plus or file."""
    fit_margin: Decimal
    """On the earlier months."""
    test_margin: Decimal
    """On the later months."""
    spared: Decimal
    """Share of customers whose bill rises no more than asked, on the earlier months."""
    allowed: bool
    """Whether it keeps the constraint on bills."""
    gain: Interval
    """Over keeping today's plans, on the later months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What to offer, and what that rests on."""

    meter: str
    plans: tuple[Candidate, ...]
    """The suggested set, smallest first; empty where none keeps the constraints."""
    contenders: tuple[Contender, ...]
    recommended: str
    """Name of the contender to go with."""
    reason: str
    fit_months: tuple[str, ...]
    test_months: tuple[str, ...]
    """The same months where there is only one: then nothing was tested out of time."""
    sampled: bool


def suggest(
    connection: Connection, selection: Selection, asked: Offer, *, count: int, constraints: Constraints, seed: int = 0
) -> Suggestion:
    """The best `count` plans; UsageError without today's plans, DataError without customers."""
    if asked.today is None:
        raise UsageError("today's plan is not known", hint="name it with --current PLAN or --today FILE")
    population = load(connection, selection, asked)
    if not population.customers:
        raise DataError("no request of this period has a customer", hint="name another --period")
    rate(connection, asked)
    rows = connection.execute(
        f"""
        select strftime(month, '%Y-%m'), customer, usage, cost, now_bill, new_bill
        from {RATED} where now_bill is not null order by month, usage, customer
        """
    ).fetchall()
    if not rows:
        raise DataError("no customer's plan of today is known", hint="name it with `assign:` or --current PLAN")
    names = sorted({row[0] for row in rows})
    held = max(1, len(names) // 4) if len(names) > 1 else 0
    fit_names = tuple(names[: len(names) - held])
    test_names = tuple(names[len(names) - held :]) or fit_names
    fit, fit_file = _part(rows, fit_names)
    test, test_file = _part(rows, test_names)
    step = -(-len(fit) // _FITTED)
    tried = candidates(fit[::step])
    sets = (best(fit[::step], tried, size, constraints) for size in range(count, 0, -1))
    found = next((one for one in sets if one is not None), ())
    ways: dict[str, tuple[list[Decimal], list[Decimal]]] = {
        KEEP: _both(fit, test, lambda month: month.now),
        COST_PLUS: _both(fit, test, lambda month: (month.cost * _PLUS).quantize(_CENT, "ROUND_HALF_UP")),
        FILE: (fit_file, test_file),
    }
    if found:
        ways[SUGGESTED] = _both(fit, test, lambda month: min(plan.bill(month.usage) for plan in found))
    contenders = tuple(_contender(name, (fit, test), bills, constraints, seed=seed) for name, bills in ways.items())
    recommended, reason = _recommended(contenders)
    return Suggestion(
        meter=asked.meter,
        plans=tuple(sorted(found, key=lambda plan: (plan.included, plan.price))),
        contenders=contenders,
        recommended=recommended,
        reason=reason,
        fit_months=fit_names,
        test_months=test_names,
        sampled=step > 1,
    )


def _part(
    rows: Sequence[tuple[str, int, Decimal, Decimal, Decimal, Decimal]], names: Sequence[str]
) -> tuple[list[Month], list[Decimal]]:
    """The customer months of some months, smallest use first, and their bills on the plans of the file."""
    part = sorted((row for row in rows if row[0] in names), key=lambda row: (row[2], row[1], row[0]))
    months = [Month(customer=customer, usage=usage, cost=cost, now=now) for _, customer, usage, cost, now, _ in part]
    return months, [row[5] for row in part]


def _both(
    fit: Sequence[Month], test: Sequence[Month], bill: Callable[[Month], Decimal]
) -> tuple[list[Decimal], list[Decimal]]:
    return [bill(month) for month in fit], [bill(month) for month in test]


def _contender(
    name: str,
    months: tuple[Sequence[Month], Sequence[Month]],
    bills: tuple[list[Decimal], list[Decimal]],
    constraints: Constraints,
    *,
    seed: int,
) -> Contender:
    fit, test = months
    gains: dict[int, Decimal] = {}
    for month, bill in zip(test, bills[1], strict=True):
        gains[month.customer] = gains.get(month.customer, _ZERO) + bill - month.now
    share = spared(fit, bills[0], constraints.rise)
    return Contender(
        name=name,
        fit_margin=sum(bills[0], _ZERO) - sum((month.cost for month in fit), _ZERO),
        test_margin=sum(bills[1], _ZERO) - sum((month.cost for month in test), _ZERO),
        spared=share,
        allowed=share >= constraints.spared,
        gain=intervals([gains[customer] for customer in sorted(gains)], seed),
    )


def _recommended(contenders: Sequence[Contender]) -> tuple[str, str]:
    """The best on the earlier months that keeps the constraint, unless the later months speak against it."""
    allowed = [one for one in contenders if one.allowed]
    winner = max(allowed, key=lambda one: one.fit_margin)
    if winner.name == KEEP:
        return KEEP, "nothing that keeps the constraints earned more on the earlier months"
    if winner.gain.p10 < 0:
        return KEEP, f"{winner.name} earned more on the earlier months, but may earn less than today on the later ones"
    if winner.name == SUGGESTED:
        return SUGGESTED, "earned most on the earlier months, and no less than today on the later ones"
    return winner.name, "earned more than any set of plans that was tried"
