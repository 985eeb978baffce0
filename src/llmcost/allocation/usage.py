"""What one customer used, in words and at prices that may leave the house."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from llmcost.allocation import spans
from llmcost.allocation.closing import in_force
from llmcost.allocation.policy import StatementTerms
from llmcost.allocation.run import Asked, selection_of
from llmcost.domain.apportion import apportioned
from llmcost.domain.errors import UsageError
from llmcost.domain.exact import EXACT, total
from llmcost.domain.text import nearest
from llmcost.ledger import queries
from llmcost.ledger.composition import Selection
from llmcost.ledger.filters import Condition
from llmcost.ledger.groups import Number
from llmcost.ledger.keys import resolve
from llmcost.ledger.metrics import metric

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

OTHER = "Other usage"
"""What a customer has no name for."""
_Row = dict[str, Decimal | None]
_ALWAYS = ("cost", "requests", "unpriced_requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLine:
    """What was used of one thing."""

    name: str | None
    """None: of nothing in particular."""
    values: Mapping[str, Decimal | None]
    """By column; None where exports do not say."""
    amount: Decimal | None
    """None: statements have no amounts, or the price of all of it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageStatement:
    """What a customer is sent."""

    customer: str
    label: str
    since: str
    until: str
    """ISO times in UTC, ending in Z; exclusive."""
    first_day: str
    last_day: str
    zone: str
    currency: str
    decimals: int
    terms: StatementTerms
    lines: tuple[UsageLine, ...]
    """Largest amount first, else most requests; spans of time in their order."""
    totals: Mapping[str, Decimal | None]
    amount: Decimal | None
    """None: statements have no amounts."""
    unpriced_requests: int
    """Requests whose price is not known and which are in no amount; 0 with prices of our own."""
    notes: tuple[str, ...] = ()
    """For us, not for the customer."""


def usage_statement(connection: "Connection", asked: Asked, customer: str) -> UsageStatement:
    """The statement of a value of the allocation's dimension; UsageError where it has no requests in the period."""
    terms = asked.policy.statement
    everybody = selection_of(connection, asked)
    wanted = Condition(key=asked.policy.by, operator="=", values=(customer,))
    key = resolve(connection, asked.policy.by)
    chosen = Selection(
        period=everybody.period,
        zone=everybody.zone,
        basis=everybody.basis,
        conditions=((key, wanted),),
        conversion=everybody.conversion,
    )
    names = tuple(dict.fromkeys([*_ALWAYS, *terms.columns, *(one.metric for one in terms.prices)]))
    split = resolve(connection, terms.by)
    groups, _ = queries.grouped(connection, chosen, [split], [metric(name) for name in names])
    if not groups:
        raise _nothing(connection, everybody, asked, customer)
    used: dict[str | None, _Row] = defaultdict(dict)
    for group in groups:
        row = used[_named(group.keys[0], terms)]
        for name in names:
            row[name] = _added([row.get(name), group.values[name]])
    amounts = _amounts(used, terms, asked.policy.decimals)
    lines = [
        UsageLine(
            name=name,
            values={column: row[column] for column in terms.columns},
            amount=amounts.get(name) if amounts is not None else None,
        )
        for name, row in used.items()
    ]
    since, until = spans.bounds(asked.period)
    first, last = spans.days(asked.period, asked.zone)
    return UsageStatement(
        customer=customer,
        label=spans.label(asked.period, asked.zone),
        since=spans.instant(since),
        until=spans.instant(until),
        first_day=first.isoformat(),
        last_day=last.isoformat(),
        zone=str(asked.zone),
        currency=asked.currency,
        decimals=asked.policy.decimals,
        terms=terms,
        lines=tuple(sorted(lines, key=_in_time if split.grain else lambda one: _rank(one, used[one.name]))),
        totals={column: _added([row[column] for row in used.values()]) for column in terms.columns},
        amount=None if amounts is None else total(amounts.values()),
        unpriced_requests=0 if terms.prices else int(_added([row["unpriced_requests"] for row in used.values()]) or 0),
        notes=_late(connection, asked, customer, _added([row["cost"] for row in used.values()]) or Decimal(0)),
    )


def _named(value: str | None, terms: StatementTerms) -> str | None:
    """What a customer calls it; with names, nothing else gets out."""
    if not terms.names:
        return value
    return terms.names.get(value or "", OTHER)


def _added(values: Sequence[Number | None]) -> Decimal | None:
    """The sum of what is known; None where nothing is."""
    known = [Decimal(value) for value in values if value is not None]
    return total(known) if known else None


def _amounts(used: Mapping[str | None, _Row], terms: StatementTerms, decimals: int) -> dict[str | None, Decimal] | None:
    """By line, adding up to the rounded whole; a line of which no request is priced has none."""
    if terms.markup is None and not terms.prices:
        return None
    exact: dict[str | None, Fraction] = {}
    for name, row in used.items():
        if terms.prices:
            prices = (Fraction(row[one.metric] or 0) * Fraction(one.price) / Fraction(one.per) for one in terms.prices)
            exact[name] = sum(prices, Fraction(0))
        elif row["cost"] is not None:
            exact[name] = Fraction(row["cost"]) * (1 + Fraction(terms.markup or 0))
    whole = round(sum(exact.values(), Fraction(0)) * 10**decimals)
    return apportioned(Decimal(whole).scaleb(-decimals, context=EXACT), exact, decimals)


def _in_time(line: UsageLine) -> str:
    return line.name or ""


def _rank(line: UsageLine, row: _Row) -> tuple[bool, Decimal, Decimal, str]:
    size, requests = line.amount or Decimal(0), row["requests"] or Decimal(0)
    return line.name is None, size.copy_negate(), requests.copy_negate(), line.name or ""


def _late(connection: "Connection", asked: Asked, customer: str, cost: Decimal) -> tuple[str, ...]:
    """Whether the ledger has learnt more of a closed period."""
    for closing in in_force(connection, asked.policy.by):
        if closing.period == asked.period:
            own = [line for line in closing.allocation.lines if line.owner == customer and line.kind == "direct"]
            if not own and any(rule.where for rule in closing.policy.rules):
                # Rules may have taken all of its requests, and what they took of each owner is not kept.
                return ()
            stated = total(
                term.cost if term.sign == "+" else term.cost.copy_negate() for line in own for term in line.evidence[:1]
            )
            if stated != cost:
                then = f"{closing.label} was closed with requests of {customer!r} at {_plain(stated)} {asked.currency}"
                return (f"{then}; the ledger now has {_plain(cost)}",)
    return ()


def _plain(cost: Decimal) -> str:
    return f"{cost.normalize(EXACT):f}"


def _nothing(connection: "Connection", everybody: Selection, asked: Asked, customer: str) -> UsageError:
    groups, _ = queries.grouped(connection, everybody, [resolve(connection, asked.policy.by)], [metric("requests")])
    known = [group.keys[0] for group in groups if group.keys[0] is not None]
    label = spans.label(asked.period, asked.zone)
    return UsageError(
        f"no request of {label} has {asked.policy.by} {customer!r}",
        hint=nearest(customer, known) or "name it with --for",
    )
