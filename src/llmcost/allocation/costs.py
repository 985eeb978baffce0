"""The costs there are to share, each once: those that rules name, in their order, then what the rules leave."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from llmcost.allocation.facts import Facts, Usage, summed
from llmcost.allocation.policy import Policy, Rule, Sharing
from llmcost.allocation.record import ChargeLine, Kind
from llmcost.domain.exact import EXACT, total
from llmcost.domain.fx import BASE
from llmcost.domain.printable import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
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


def costs(facts: Facts, policy: Policy) -> list[Cost]:
    """Everything but what owners bear of their own requests."""
    return [*_of_rules(facts, policy), *_rest(facts, policy)]


def slips(facts: Facts, policy: Policy) -> list[str]:
    """Names in rules that nothing here has: perhaps slips of the pen."""
    found = [
        printable(f"{rule.name!r} takes nothing: no charge here is called so")
        for rule in policy.rules
        if rule.charges and facts.charges and not any(_covers(rule, one) for one in facts.charges)
    ]
    rest = (policy.unattributed, policy.charges, policy.difference)
    named = {owner for one in (*(rule.sharing for rule in policy.rules), *rest) for owner in (*one.to, *one.weights)}
    if unknown := sorted(named - facts.owners):
        found.append(printable(f"{', '.join(map(repr, unknown))} in the rules: no request here is theirs"))
    return found


def _of_rules(facts: Facts, policy: Policy) -> Iterable[Cost]:
    """The costs that rules name, in their order."""
    left = list(facts.charges)
    for rule in policy.rules:
        if rule.owner is not None:
            yield Cost(name=rule.name, kind="owner", sharing=rule.sharing, cost=Decimal(0), owner=rule.owner)
        elif rule.charges:
            mine = [one for one in left if _covers(rule, one)]
            left = [one for one in left if one not in mine]
            yield Cost(
                name=rule.name,
                kind="charge",
                sharing=rule.sharing,
                cost=total(one.amount for one in mine),
                basis=tuple(_described(one, facts.currency) for one in mine),
            )
        else:
            usage = summed(facts.taken.get(rule.name, {}).values())
            yield Cost(name=rule.name, kind="requests", sharing=rule.sharing, cost=usage.cost, usage=usage)


def _rest(facts: Facts, policy: Policy) -> Iterable[Cost]:
    """What no rule names: charges, requests without an owner, and what the invoice adds."""
    named = [rule for rule in policy.rules if rule.charges]
    left: dict[str, list[ChargeLine]] = {}
    for one in facts.charges:
        if not any(_covers(rule, one) for rule in named):
            left.setdefault(f"{one.kind}: {one.name}", []).append(one)
    for name in sorted(left):
        cost = total(one.amount for one in left[name])
        basis = tuple(_described(one, facts.currency) for one in left[name])
        yield Cost(name=name, kind="charge", sharing=policy.charges, cost=cost, basis=basis, by_rule=False)
    nobody = facts.own.get(None, Usage())
    if nobody.requests or nobody.cost:
        yield Cost(
            name="unattributed", kind="unattributed", sharing=policy.unattributed, cost=nobody.cost, usage=nobody
        )
    if facts.invoice is not None:
        usages = [*facts.own.values(), *(one for taken in facts.taken.values() for one in taken.values())]
        known = [*(one.cost for one in usages), *(one.amount for one in facts.charges)]
        cost = EXACT.subtract(facts.invoice, total(known))
        yield Cost(
            name="difference to the invoice",
            kind="difference",
            sharing=policy.difference,
            cost=cost,
            basis=(f"invoice {_plain(facts.invoice)} less requests and charges {_plain(total(known))}",),
        )


def _covers(rule: Rule, charge: ChargeLine) -> bool:
    patterns = [re.escape(pattern).replace(r"\*", ".*") for pattern in rule.charges]
    words = (charge.kind, charge.name)
    return any(re.fullmatch(pattern, word, re.DOTALL) for pattern in patterns for word in words)


def _described(one: ChargeLine, currency: str) -> str:
    """The multiplication behind a charge, in both currencies where it was converted, so that anybody can repeat it."""
    quantity, price, amount = map(_plain, (one.quantity, one.unit_price, one.amount))
    what = f"{one.kind} {printable(one.name)}, {_when(one)}: {quantity} {one.unit} at {price}"
    return f"{what} = {amount}" if one.rate is None else f"{what} {BASE} x {one.rate:f} = {amount} {currency}"


def _when(one: ChargeLine) -> str:
    """The month, or the days where it is some of its days only."""
    last = one.last_day or one.first_day
    if one.first_day.day == 1 and (last + timedelta(days=1)).day == 1:
        return f"{one.first_day:%Y-%m}"
    return str(last) if last == one.first_day else f"{one.first_day} to {last}"


def _plain(number: Decimal) -> str:
    """All of a number, and no zeros at its end."""
    return f"{number.normalize(EXACT):f}"
