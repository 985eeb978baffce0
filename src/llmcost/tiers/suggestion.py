"""Plans that would have earned more, fitted on earlier months and judged on later ones.

Customers take the cheapest plan every month. The suggestion stands beside what else could be done: keep today's plans, charge
cost plus a quarter, or the plans of the file. What its own interval on the later months says is worse than today is not
recommended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.errors import DataError, UsageError
from llmcost.tiers.candidates import Ideas
from llmcost.tiers.climb import climb, grown
from llmcost.tiers.contenders import FILE, LOOSER, PLUS, SUGGESTED, Comparison, Contender, recommended
from llmcost.tiers.market import Candidate, Constraints, Market, Month
from llmcost.tiers.rating import RATED, load, rate
from llmcost.tiers.search import best

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.tiers.rating import Offer

_STEP = Decimal("0.0001")
_ZERO = Decimal(0)
_FITTED = 1_500
"""Customer months the search looks at."""
_ONE_SIDED = Decimal("1.28")
"""Standard errors that nine of ten samples stay within to one side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What to offer, and what that rests on."""

    meter: str
    weights: Mapping[str, Decimal]
    """What the meter is made of, where it is a weighted one."""
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
    count: int
    """How many plans there might be at most."""
    constraints: Constraints


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
    fit, fit_file = _part(rows, fit_names, constraints.rise)
    test, test_file = _part(rows, test_names, constraints.rise)
    comparison = Comparison(fit, test, constraints, seed)
    comparison.add_today()
    comparison.add_cost_plus()
    file = comparison.add(FILE, fit_file, test_file)
    looked_at = _sample(fit)
    ideas = Ideas(looked_at, asked.offered, asked.meter, constraints.rise)
    sampled = len({month.customer for month in looked_at}) if len(looked_at) < len(fit) else None

    def searched(name: str, limits: Constraints) -> tuple[Candidate, ...]:
        plans = _searched(looked_at, ideas, count, _wary(limits, sampled))
        if plans:
            comparison.add(name, _charged(fit, plans, limits), _charged(test, plans, limits))
        return plans

    found = searched(SUGGESTED, constraints)
    if file.spared < constraints.spared:
        # What it is worth to spare no more customers than the plans of the file do.
        searched(LOOSER, replace(constraints, spared=file.spared.quantize(_STEP, "ROUND_FLOOR")))
    way, reason = recommended(comparison.contenders)
    return Suggestion(
        meter=asked.meter,
        weights=asked.proposed.meters.get(asked.meter, {}),
        plans=found,
        contenders=tuple(comparison.contenders),
        recommended=way,
        reason=reason,
        fit_months=fit_names,
        test_months=test_names,
        sampled=sampled is not None,
        count=count,
        constraints=constraints,
    )


def _searched(months: Sequence[Month], ideas: Ideas, count: int, constraints: Constraints) -> tuple[Candidate, ...]:
    """The set of at most `count` plans that brings in most, the smallest of equals; empty where none keeps the constraints."""
    market = Market(months, constraints)
    few, many = ideas.few(), ideas.many()
    sets: list[tuple[Candidate, ...]] = []
    for size in range(1, count + 1):
        larger = [grown(market, plans, many) for plans in sets if len(plans) == size - 1]
        starts = [best(market, few, size), *larger]
        ends = [climb(market, start, many) for start in dict.fromkeys(starts) if start is not None]
        sets += dict.fromkeys(ends)
    return max(sets, key=lambda plans: sum(market.least(plans)), default=())


def _wary(constraints: Constraints, sampled: int | None) -> Constraints:
    """Constraints that nine of ten samples of so many customers only keep where all customers do."""
    if sampled is None:
        return constraints
    share = constraints.spared
    error = (share * (1 - share) / sampled).sqrt() if share < 1 else _ZERO
    return replace(constraints, spared=min(share + _ONE_SIDED * error, Decimal(1)))


def _charged(months: Sequence[Month], plans: Sequence[Candidate], constraints: Constraints) -> list[Decimal]:
    return [Decimal(cents) / 100 for cents in Market(months, constraints).least(plans)]


def _sample(months: Sequence[Month]) -> list[Month]:
    """All months of every so many customers by size, the largest among them; as they are where they are few enough."""
    used: dict[int, Decimal] = {}
    for month in months:
        used[month.customer] = used.get(month.customer, _ZERO) + month.usage
    by_size = sorted(used, key=lambda customer: (-used[customer], customer))
    kept = set(by_size[:: -(-len(months) // _FITTED)])
    return [month for month in months if month.customer in kept]


def _part(
    rows: Sequence[tuple[str, int, Decimal, Decimal, Decimal, Decimal]], names: Sequence[str], rise: Decimal
) -> tuple[list[Month], list[Decimal]]:
    """The customer months of some months, smallest use first, and their bills on the plans of the file.

    Nobody is asked for more than the most of: what today's bill may rise to, the bill on the file's plans, which the owner
    thought fit to ask, and cost plus a quarter.
    """
    part = sorted((row for row in rows if row[0] in names), key=lambda row: (row[2], row[1], row[0]))
    used = sum((row[2] for row in part), _ZERO)
    unit = sum((row[3] for row in part), _ZERO) / used if used else _ZERO
    months = [
        Month(
            customer=customer,
            usage=usage,
            cost=cost,
            now=now,
            most=max(now * (1 + rise), file, PLUS * unit * usage),
        )
        for _, customer, usage, cost, now, file in part
    ]
    return months, [row[5] for row in part]
