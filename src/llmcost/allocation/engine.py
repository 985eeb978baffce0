"""Costs and rules in, an allocation out: exact arithmetic, and nothing else.

Every cost is shared to the last place the ledger keeps, then rounded for statements, both by largest remainder: the shares of a
cost add up to it, and the costs to the total, in either precision.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from llmcost.allocation.costs import Cost, costs, slips
from llmcost.allocation.facts import Facts, Owner, Usage, summed
from llmcost.allocation.policy import Method, Policy
from llmcost.allocation.record import Line, Source
from llmcost.allocation.sharing import shares
from llmcost.domain.apportion import apportioned
from llmcost.domain.exact import EXACT, total
from llmcost.domain.printable import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Who bears what, and why."""

    sources: tuple[Source, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def allocate(facts: Facts, policy: Policy) -> Result:
    """The allocation of everything in `facts`, each cost once."""
    return _Books(facts, policy).result()


def rounded(amount: Decimal, decimals: int) -> Decimal:
    """An amount with so many decimals, half to even."""
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN, context=EXACT)


class _Books:
    """What everybody has been given so far."""

    def __init__(self, facts: Facts, policy: Policy) -> None:
        self._facts = facts
        self._policy = policy
        self._costs: dict[Owner, Decimal] = defaultdict(Decimal)
        self._amounts: dict[Owner, Decimal] = defaultdict(Decimal)
        self._open = set(facts.owners)
        self._sources: list[Source] = []
        self._lines: list[Line] = []
        self._notes: list[str] = []

    def result(self) -> Result:
        facts, decimals = self._facts, self._policy.decimals
        own = {owner: usage for owner, usage in facts.own.items() if owner is not None}
        direct = total(usage.cost for usage in own.values())
        shared = costs(facts, self._policy)
        self._notes += slips(facts, self._policy)
        exact = total([direct, *(one.cost for one in shared)])
        # By kind and name, because the order of rules must not decide who gets a cent. What the ledger knows, the charges
        # and what an invoice adds come first, so that how requests are shared does not change what they come to.
        ideals: dict[str, dict[str, Fraction]] = {"requests": {"": Fraction(direct)}}
        for one in shared:
            if one.owner is None:
                group: str = one.kind if one.kind in {"charge", "difference"} else "requests"
                ideals.setdefault(group, {})[one.key] = Fraction(one.cost)
        groups = {group: sum(parts.values(), Fraction(0)) for group, parts in ideals.items()}
        coming_to = apportioned(rounded(exact, decimals), groups, decimals)
        amounts: dict[str, Decimal] = {}
        for group, parts in ideals.items():
            amounts |= apportioned(coming_to[group], parts, decimals)
        self._direct(own, direct, amounts[""])
        for one in shared:
            self._share(one, amounts.get(one.key, Decimal(0)))
        if total(line.cost for line in self._lines) != exact or total(line.amount for line in self._lines) != rounded(
            exact, decimals
        ):
            raise RuntimeError("an allocation that does not add up")
        return Result(sources=tuple(self._sources), lines=self._ordered(), notes=tuple(self._notes))

    def _direct(self, own: Mapping[str, Usage], cost: Decimal, amount: Decimal) -> None:
        usage = summed(own.values())
        self._sources.append(
            Source(
                name="own requests",
                kind="direct",
                method="direct",
                cost=cost,
                amount=amount,
                requests=usage.requests,
                unpriced_requests=usage.unpriced,
            )
        )
        amounts = apportioned(amount, {owner: Fraction(one.cost) for owner, one in own.items()}, self._policy.decimals)
        for owner, one in own.items():
            self._give(
                Line(
                    owner=owner,
                    source="own requests",
                    kind="direct",
                    method="direct",
                    cost=one.cost,
                    amount=amounts[owner],
                    source_cost=cost,
                    requests=one.requests,
                    unpriced_requests=one.unpriced,
                )
            )

    def _share(self, one: Cost, amount: Decimal) -> None:
        cost = one.cost
        if one.owner is not None:
            cost, amount = self._passed_on(one.owner, one.name)
            self._open.discard(one.owner)
        if not cost and not amount and not one.usage.requests:
            return
        found = shares(one.name, one.sharing, self._open, self._facts.drivers, self._costs)
        if found.note is not None and cost:
            self._notes.append(printable(found.note))
        parts = found.of(cost, self._facts.places)
        amounts = apportioned(amount, {owner: Fraction(part) for owner, part in parts.items()}, self._policy.decimals)
        self._sources.append(_source(one, found.method, cost, amount))
        for owner, part in parts.items():
            if not part and not amounts[owner] and found.method != "keep":
                continue
            self._give(
                Line(
                    owner=owner,
                    source=one.name,
                    kind=one.kind,
                    method=found.method,
                    cost=part,
                    amount=amounts[owner],
                    driver=found.driver,
                    base=found.bases.get(owner) if owner is not None else None,
                    base_total=total(found.bases.values()) if found.bases else None,
                    source_cost=cost,
                    requests=one.usage.requests if one.kind == "unattributed" and owner is None else None,
                    unpriced_requests=one.usage.unpriced if owner is None else 0,
                )
            )

    def _passed_on(self, owner: str, name: str) -> tuple[Decimal, Decimal]:
        """Take from an owner all it was given."""
        cost, amount = self._costs[owner], self._amounts[owner]
        if cost or amount:
            self._give(
                Line(
                    owner=owner,
                    source=name,
                    kind="owner",
                    method="direct",
                    cost=cost.copy_negate(),
                    amount=amount.copy_negate(),
                    source_cost=cost,
                )
            )
        return cost, amount

    def _give(self, line: Line) -> None:
        self._costs[line.owner] = EXACT.add(self._costs[line.owner], line.cost)
        self._amounts[line.owner] = EXACT.add(self._amounts[line.owner], line.amount)
        self._lines.append(line)

    def _ordered(self) -> tuple[Line, ...]:
        return by_owner(self._lines)


def by_owner(lines: Collection[Line]) -> tuple[Line, ...]:
    """The lines by owner, the largest amount first and nobody last; within an owner as they are."""
    amounts: dict[Owner, Decimal] = defaultdict(Decimal)
    for line in lines:
        amounts[line.owner] = EXACT.add(amounts[line.owner], line.amount)
    return tuple(
        sorted(lines, key=lambda line: (line.owner is None, amounts[line.owner].copy_negate(), line.owner or ""))
    )


def _source(one: Cost, method: Method, cost: Decimal, amount: Decimal) -> Source:
    basis = one.basis if one.owner is None else (f"everything given to {printable(one.owner)} before",)
    return Source(
        name=one.name,
        kind=one.kind,
        method=method,
        cost=cost,
        amount=amount,
        requests=one.usage.requests,
        unpriced_requests=one.usage.unpriced,
        basis=basis,
    )
