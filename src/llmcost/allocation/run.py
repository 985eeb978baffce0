"""The use case: a ledger, prices and rules in, the allocation of a period out."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.allocation import spans
from llmcost.allocation.engine import allocate
from llmcost.allocation.evidence import Proof, Spelling, texts
from llmcost.allocation.facts import Facts, Usage
from llmcost.allocation.policy import ALLOCATED, COST, Driver, Policy, Term
from llmcost.allocation.record import Allocation, ChargeLine
from llmcost.domain.errors import UsageError
from llmcost.domain.exact import EXACT, total
from llmcost.domain.fx import BASE, PLACES, Rates, rate_on
from llmcost.domain.period import Period
from llmcost.domain.text import plural
from llmcost.ledger import pools, queries
from llmcost.ledger.composition import Basis, Selection
from llmcost.ledger.conversion import Conversion
from llmcost.ledger.keys import Key, resolve, unknown_key
from llmcost.ledger.scopes import Conditions
from llmcost.pricing.charges import billed_note, charge_lines, days_billed

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.pricing.charges import Charge
    from llmcost.pricing.price_list import PriceList

_PLACES = 12
"""Decimals of an amount in the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be allocated."""

    policy: Policy
    period: Period
    """Whole days in the zone, with both ends."""
    zone: tzinfo
    currency: str = BASE
    rates: Rates = ()
    """None: amounts as the ledger has them."""
    invoice: Decimal | None = None
    """What the total must come to."""
    basis: Basis | None = None
    """None: requests if the period has any, else exports."""


def allocation(connection: "Connection", prices: "PriceList | None", asked: Asked) -> Allocation:
    """The allocation of the requests and charges that the ledger knows now.

    `prices` may be None where they name no charges. UsageError for a dimension or tag that is not there, and where two rules take the same request.
    """
    return _Run(connection, prices, asked).result()


def selection_of(connection: "Connection", asked: Asked) -> Selection:
    """The rows of the period; UsageError when one began before the first rate it would be converted at."""
    chosen = _selection(connection, asked)
    day = first_unrated_day(connection, asked)
    if day is not None:
        raise UsageError(
            f"no {asked.currency} rate for {day}: the first is of {asked.rates[0][0]}",
            hint=f"add one under fx: {asked.currency}: in llmcost.yaml",
        )
    return chosen


def first_unrated_day(connection: "Connection", asked: Asked) -> date | None:
    """The day on which the first request of the period began, where no rate holds yet."""
    chosen = _selection(connection, asked)
    if chosen.conversion is None:
        return None
    first = queries.first_start(connection, chosen)
    return chosen.conversion.day(first) if first is not None and first < chosen.conversion.first else None


def _selection(connection: "Connection", asked: Asked) -> Selection:
    conversion = Conversion(currency=asked.currency, rates=asked.rates, zone=asked.zone) if asked.rates else None
    return Selection(
        period=asked.period,
        zone=asked.zone,
        basis=asked.basis or queries.basis_of(connection, asked.period, asked.zone),
        conversion=conversion,
    )


def charged(
    connection: "Connection", prices: "PriceList | None", asked: Asked, basis: Basis
) -> tuple[tuple[ChargeLine, ...], tuple[str, ...]]:
    """The charges beside the requests, each in the currency asked for at the rate of its days; and what to say of them."""
    if prices is None:
        return (), ()
    billed = days_billed(connection, prices, asked.period, zone=asked.zone) if basis == "exports" else {}
    turns = [day for day, _ in asked.rates[1:]]
    lines = charge_lines(connection, prices, asked.period, zone=asked.zone, turns=turns, billed=billed)
    return tuple(_converted(one, asked.rates) for one in lines), billed_note(billed)


def _converted(one: "Charge", rates: Rates) -> ChargeLine:
    rate = rate_on(rates, one.first_day)[1] if rates else None
    return ChargeLine(
        name=one.name,
        kind=one.kind,
        provider=one.provider,
        first_day=one.first_day,
        last_day=one.last_day,
        grain=one.grain,
        quantity=one.quantity,
        unit=one.unit,
        unit_price=one.unit_price,
        amount=one.amount if rate is None else EXACT.multiply(one.amount, rate),
        rate=rate,
    )


class _Run:
    """One allocation on its way."""

    def __init__(self, connection: "Connection", prices: "PriceList | None", asked: Asked) -> None:
        self._connection = connection
        self._prices = prices
        self._asked = asked
        self._label = spans.label(asked.period, asked.zone)
        self._owner = _key(connection, asked.policy.by)
        self._selection = selection_of(connection, asked)
        extra = ["--basis", "exports"] if self._selection.basis == "exports" else []
        extra += ["--currency", asked.currency] if asked.rates else []
        self._spelling = Spelling(by=asked.policy.by, period=(*spans.options(asked.period, asked.zone), *extra))
        self._rules = [rule for rule in asked.policy.rules if rule.where]

    def result(self) -> Allocation:
        asked = self._asked
        parts = self._parts()
        charges, notes = charged(self._connection, self._prices, asked, self._selection.basis)
        facts = Facts(
            own=_by_owner(part for part in parts if not part.pools),
            taken={
                rule.name: _by_owner(part for part in parts if part.pools == (place,))
                for place, rule in enumerate(self._rules)
            },
            charges=charges,
            drivers={driver: self._driver(driver, parts) for driver in self._drivers()},
            invoice=asked.invoice,
            currency=asked.currency,
            places=_places(asked),
        )
        found = allocate(facts, asked.policy)
        proof = Proof(self._spelling, {rule.name: texts(rule.where) for rule in self._rules}, facts)
        since, until = spans.bounds(asked.period)
        return Allocation(
            by=asked.policy.by,
            label=self._label,
            since=spans.instant(since),
            until=spans.instant(until),
            zone=str(asked.zone),
            currency=asked.currency,
            decimals=asked.policy.decimals,
            basis=self._selection.basis,
            ledger_cost=total(part.cost for part in parts),
            charges_cost=total(one.amount for one in facts.charges),
            invoice=asked.invoice,
            requests=sum(part.requests for part in parts),
            unpriced_requests=sum(part.unpriced for part in parts),
            sources=tuple(replace(one, evidence=proof.of_source(one)) for one in found.sources),
            lines=tuple(replace(line, evidence=proof.of_line(line)) for line in found.lines),
            charges=facts.charges,
            notes=(*found.notes, *notes),
        )

    def _parts(self) -> list[pools.Part]:
        conditions = [self._conditions(rule.where) for rule in self._rules]
        metrics = sorted({driver.metric for driver in self._drivers() if not driver.where and driver.metric != COST})
        parts = pools.parts(self._connection, self._selection, self._owner, conditions, metrics)
        for part in parts:
            if len(part.pools) > 1:
                first, second = (self._rules[place].name for place in part.pools[:2])
                both = [one for one in parts if set(part.pools[:2]) <= set(one.pools)]
                cost = total(one.cost for one in both)
                raise UsageError(
                    f"the rules {first!r} and {second!r} both take {plural(sum(one.requests for one in both), 'request')}, "
                    f"which cost {cost:f} {self._asked.currency}: no request is allocated twice",
                    hint="narrow one of them, such as with 'feature!=search' in its `where:`",
                )
        return parts

    def _drivers(self) -> set[Driver]:
        policy = self._asked.policy
        sharings = [*(rule.sharing for rule in policy.rules), policy.unattributed, policy.charges, policy.difference]
        return {one.driver for one in sharings if one.method == "proportional" and one.driver.metric != ALLOCATED}

    def _driver(self, driver: Driver, parts: list[pools.Part]) -> dict[str, Decimal]:
        names = [] if driver.metric == COST else [driver.metric]
        if driver.where:
            chosen = replace(self._selection, conditions=self._conditions(driver.where))
            parts = pools.parts(self._connection, chosen, self._owner, [], names)
        found: dict[str, Decimal] = defaultdict(Decimal)
        for part in parts:
            if part.owner is not None and not part.pools:
                value = part.cost if driver.metric == COST else part.metrics[driver.metric]
                found[part.owner] = EXACT.add(found[part.owner], value)
        return dict(found)

    def _conditions(self, terms: tuple[Term, ...]) -> Conditions:
        return tuple((_known(self._connection, term.condition.key), term.condition) for term in terms)


def _places(asked: Asked) -> int:
    """Decimals that hold every cost: those of the ledger, converted or not, and all that an invoice has."""
    exponent = 0 if asked.invoice is None else asked.invoice.as_tuple().exponent
    ledger = _PLACES + PLACES if asked.rates else _PLACES
    return max(ledger, -exponent) if isinstance(exponent, int) else ledger


def _by_owner(parts: Iterable[pools.Part]) -> dict[str | None, Usage]:
    found: dict[str | None, Usage] = {}
    for part in parts:
        usage = Usage(cost=part.cost, requests=part.requests, unpriced=part.unpriced)
        found[part.owner] = found.get(part.owner, Usage()) + usage
    return found


def _key(connection: "Connection", name: str) -> Key:
    key = _known(connection, name)
    if key.grain:
        raise UsageError(f"costs cannot be allocated to a {name}", hint="name a dimension such as team, or a tag")
    return key


def _known(connection: "Connection", name: str) -> Key:
    key = resolve(connection, name)
    if not key.known:
        raise unknown_key(connection, name)
    return key
