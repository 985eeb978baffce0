"""Costs and rules in, an allocation out: exact arithmetic, and nothing else.

Every cost is shared to the last place the ledger keeps, then rounded for statements, both by largest remainder: the shares of a
cost add up to it, and the costs to the total, in either precision.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from llmcost.allocation.policy import Driver, Method, Policy, Rule, Sharing
from llmcost.allocation.record import ChargeLine, Kind, Line, Source
from llmcost.allocation.sharing import Owner, shares
from llmcost.domain.apportion import apportioned
from llmcost.domain.exact import EXACT, total
from llmcost.domain.printable import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Requests of somebody."""

    cost: Decimal = Decimal(0)
    requests: int = 0
    unpriced: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(
            cost=EXACT.add(self.cost, other.cost),
            requests=self.requests + other.requests,
            unpriced=self.unpriced + other.unpriced,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What there is to allocate."""

    own: Mapping[Owner, Usage]
    """Requests that no rule takes; None is unattributed."""
    taken: Mapping[str, Mapping[Owner, Usage]] = field(default_factory=dict)
    """Requests by the name of the rule that takes them, and whose they were."""
    charges: tuple[ChargeLine, ...] = ()
    drivers: Mapping[Driver, Mapping[str, Decimal]] = field(default_factory=dict)
    """What shares are in proportion to, by owner."""
    invoice: Decimal | None = None
    """What the total must come to."""
    places: int = 12
    """Decimals of every cost."""

    @property
    def owners(self) -> frozenset[str]:
        """Everybody who has requests."""
        everywhere = [self.own, *self.taken.values()]
        return frozenset(owner for usages in everywhere for owner in usages if owner is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Who bears what, and why."""

    sources: tuple[Source, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    """A cost on its way."""

    name: str
    kind: Kind
    sharing: Sharing
    cost: Decimal
    usage: Usage = field(default_factory=Usage)
    basis: tuple[str, ...] = ()
    owner: str | None = None
    """Who passes on what it was given; its cost is known when its turn comes."""
    by_rule: bool = True

    @property
    def key(self) -> str:
        """What tells it from the others, whatever their order."""
        return f"{self.kind}:{self.by_rule}:{self.name}"


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
        costs = [*self._of_rules(), *self._rest(direct)]
        self._notes += _strangers(self._policy, facts.owners)
        exact = total([direct, *(one.cost for one in costs)])
        # By kind and name, because the order of rules must not decide who gets a cent.
        ideals = {one.key: Fraction(one.cost) for one in costs if one.owner is None}
        amounts = apportioned(rounded(exact, decimals), {"": Fraction(direct), **ideals}, decimals)
        self._direct(own, direct, amounts[""])
        for one in costs:
            self._share(one, amounts.get(one.key, Decimal(0)))
        if total(line.cost for line in self._lines) != exact or total(line.amount for line in self._lines) != rounded(
            exact, decimals
        ):
            raise RuntimeError("an allocation that does not add up")
        return Result(sources=tuple(self._sources), lines=self._ordered(), notes=tuple(self._notes))

    def _of_rules(self) -> Iterable[_Cost]:
        """The costs that rules name, in their order."""
        left = list(self._facts.charges)
        for rule in self._policy.rules:
            if rule.owner is not None:
                yield _Cost(name=rule.name, kind="owner", sharing=rule.sharing, cost=Decimal(0), owner=rule.owner)
            elif rule.charges:
                mine = [one for one in left if _covers(rule, one)]
                if left and not mine:
                    self._notes.append(printable(f"{rule.name!r} takes nothing: no charge here is called so"))
                left = [one for one in left if one not in mine]
                yield _Cost(
                    name=rule.name,
                    kind="charge",
                    sharing=rule.sharing,
                    cost=total(one.amount for one in mine),
                    basis=tuple(map(_described, mine)),
                )
            else:
                usage = _summed(self._facts.taken.get(rule.name, {}).values())
                yield _Cost(name=rule.name, kind="requests", sharing=rule.sharing, cost=usage.cost, usage=usage)

    def _rest(self, direct: Decimal) -> Iterable[_Cost]:
        """What no rule names: charges, requests without an owner, and what the invoice adds."""
        facts, policy = self._facts, self._policy
        named = [rule for rule in policy.rules if rule.charges]
        left: dict[str, list[ChargeLine]] = {}
        for one in facts.charges:
            if not any(_covers(rule, one) for rule in named):
                left.setdefault(f"{one.kind}: {one.name}", []).append(one)
        for name in sorted(left):
            cost = total(one.amount for one in left[name])
            basis = tuple(map(_described, left[name]))
            yield _Cost(name=name, kind="charge", sharing=policy.charges, cost=cost, basis=basis, by_rule=False)
        nobody = facts.own.get(None, Usage())
        if nobody.requests or nobody.cost:
            yield _Cost(
                name="unattributed", kind="unattributed", sharing=policy.unattributed, cost=nobody.cost, usage=nobody
            )
        if facts.invoice is not None:
            known = [usage.cost for usages in facts.taken.values() for usage in usages.values()]
            known += [direct, nobody.cost, *(one.amount for one in facts.charges)]
            cost = EXACT.subtract(facts.invoice, total(known))
            yield _Cost(
                name="difference to the invoice",
                kind="difference",
                sharing=policy.difference,
                cost=cost,
                basis=(f"invoice {facts.invoice:f} less requests and charges {total(known):f}",),
            )

    def _direct(self, own: Mapping[str, Usage], cost: Decimal, amount: Decimal) -> None:
        usage = _summed(own.values())
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

    def _share(self, one: _Cost, amount: Decimal) -> None:
        cost = one.cost
        if one.owner is not None:
            cost, amount = self._passed_on(one.owner, one.name)
            self._open.discard(one.owner)
        elif not cost and not amount and not one.usage.requests:
            return
        found = shares(one.name, one.sharing, self._open, self._facts.drivers, self._costs)
        if found.note is not None and cost:
            self._notes.append(printable(found.note))
        costs = found.of(cost, self._facts.places)
        amounts = apportioned(amount, {owner: Fraction(part) for owner, part in costs.items()}, self._policy.decimals)
        self._sources.append(_source(one, found.method, cost, amount))
        for owner, part in costs.items():
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


def _strangers(policy: Policy, owners: Collection[str]) -> list[str]:
    """Owners that rules name and who have no requests: perhaps a slip of the pen."""
    rest = (policy.unattributed, policy.charges, policy.difference)
    named = {owner for one in (*(rule.sharing for rule in policy.rules), *rest) for owner in (*one.to, *one.weights)}
    unknown = sorted(named - set(owners))
    return [printable(f"{', '.join(map(repr, unknown))} in the rules: no request here is theirs")] if unknown else []


def _summed(usages: Iterable[Usage]) -> Usage:
    result = Usage()
    for one in usages:
        result += one
    return result


def _source(one: _Cost, method: Method, cost: Decimal, amount: Decimal) -> Source:
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


def _covers(rule: Rule, charge: ChargeLine) -> bool:
    patterns = [re.escape(pattern).replace(r"\*", ".*") for pattern in rule.charges]
    words = (charge.kind, charge.name)
    return any(re.fullmatch(pattern, word, re.DOTALL) for pattern in patterns for word in words)


def _described(one: ChargeLine) -> str:
    when = f"{one.first_day:%Y-%m}" if one.grain == "month" else str(one.first_day)
    name = printable(one.name)
    numbers = (f"{number.normalize(EXACT):f}" for number in (one.quantity, one.unit_price, one.amount))
    quantity, price, amount = numbers
    return f"{one.kind} {name}, {when}: {quantity} {one.unit} at {price} = {amount}"
