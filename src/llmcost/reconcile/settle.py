"""The search for the readings, and then the constant factor, under which the log comes to what was billed.

Rows of one model are settled together, since a provider reads a model's usage one way at a time. A reading is accepted where it
makes rows come out to within rounding that did not before, at least one for each reading; what it does to the others follows.
How much a row that comes out proves depends on how finely its amount is known: in a bill of exact amounts it is no accident, in
one of whole cents a row of ten cents proves little. So rows are weighed by the bits of accident they rule out, and readings and
factors, which can be chosen, are charged for theirs, and for every row they move in vain.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

from llmcost.reconcile.cause import Cause, Reading
from llmcost.reconcile.charging import Charge, Rates, context_of
from llmcost.reconcile.factor import Factor, constant_factor
from llmcost.reconcile.rows import UNITS, Book, Row, RowKey, is_search_fees

if TYPE_CHECKING:
    from llmcost.ledger.billing import LoggedUsage

_MOST = 3
"""Readings that may hold of one model at once."""
READING_BITS = 10.0
"""What a reading has to be worth: with hundreds of choices of readings, one row in a thousand comes out by accident."""

MISS_BITS = 4.0
"""What a row costs that an assumption moves and does not make come out: one that holds seldom misses."""

Choice = tuple[tuple[str, Reading], ...]
"""Readings that hold together, each with the id of its cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of a row's difference, explained."""

    cause: str
    detail: str
    amount: Decimal


@dataclass(slots=True, kw_only=True)
class Settlement:
    """What readings and factors make of every row."""

    parts: dict[RowKey, list[Part]] = field(default_factory=lambda: defaultdict(list))
    settled: set[RowKey] = field(default_factory=set)
    """Billed rows that come out to within rounding."""
    merit: float = 0.0
    """How unlikely it is, in bits, that they do so by accident, less what was assumed."""

    def explained(self, key: RowKey) -> Decimal:
        """How much of a row's difference is explained."""
        return sum((part.amount for part in self.parts.get(key, ())), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What one choice of readings, and then a factor, make of a group's rows."""

    choice: Choice
    predicted: Mapping[RowKey, Decimal]
    exact: frozenset[RowKey]
    """Billed rows that come out to within rounding, or but for a whole number of fees for tools."""
    factor: Factor | None
    merit: float


class Settler:
    """Settles books against one price list."""

    def __init__(self, rates: Rates, causes: Mapping[str, Cause]) -> None:
        self._rates = rates
        self._causes = causes
        self._charged: dict[tuple[int, Choice], dict[str, Decimal]] = {}

    def settle(self, book: Book) -> Settlement:
        """Find what explains each row's difference without evidence from elsewhere."""
        self._charged = {}
        settlement = Settlement()
        groups: dict[tuple[str | None, str | None], set[RowKey]] = defaultdict(set)
        usages: dict[tuple[str | None, str | None], dict[int, LoggedUsage]] = defaultdict(dict)
        for key in book.rows:
            groups[key.provider, key.model].add(key)
        for usage in book.usages:
            for token_class in usage.costs:
                key = book.key_of(usage, token_class)
                usages[key.provider, key.model][id(usage)] = usage
        for group, keys in groups.items():
            mine = list(usages[group].values())
            base = self._outcome(book, keys, mine, ())
            best = self._best(book, keys, mine, base)
            settlement.merit += best.merit
            settlement.settled |= best.exact | (frozenset() if best.factor is None else best.factor.rows)
            for key, part in self._parts(book, keys, mine, best, base):
                settlement.parts[key].append(part)
        return settlement

    def _best(self, book: Book, keys: set[RowKey], usages: Sequence["LoggedUsage"], base: _Outcome) -> _Outcome:
        """The outcome with most merit."""
        if not usages or all(_agrees(book.row(key)) for key in keys):
            return base
        best = base
        for choice in self._choices(usages):
            outcome = self._outcome(book, keys, usages, choice, base)
            if len(outcome.exact - base.exact) >= len(choice) and outcome.merit > best.merit:
                best = outcome
        return best

    def _choices(self, usages: Sequence["LoggedUsage"]) -> Iterator[Choice]:
        """Readings that make a difference here, alone and together, the fewest first."""
        useful = [
            (name, reading)
            for name, cause in self._causes.items()
            for reading in (cause.readings(usages) if cause.readings is not None else ())
            if any(self._of(usage, ((name, reading),)) != self._of(usage, ()) for usage in usages)
        ]
        for size in range(1, _MOST + 1):
            for choice in combinations(useful, size):
                if len({reading.slot for _, reading in choice}) == size:
                    yield choice

    def _outcome(
        self,
        book: Book,
        keys: set[RowKey],
        usages: Sequence["LoggedUsage"],
        choice: Choice,
        base: _Outcome | None = None,
    ) -> _Outcome:
        """What a choice makes of the rows, judged by those it makes come out, and by those it moves in vain from `base`."""
        predicted: dict[RowKey, Decimal] = dict.fromkeys(keys, Decimal(0))
        group = next(iter(keys))[2:4]
        for usage in usages:
            for token_class, amount in self._of(usage, choice).items():
                key = book.key_of(usage, token_class)
                if key[2:4] == group:
                    predicted[key] = predicted.get(key, Decimal(0)) + amount
        fee = max((self._rates.fee(usage, "web_search") for usage in usages), default=Decimal(0))
        exact: set[RowKey] = set()
        merit = -READING_BITS * len(choice)
        for key in keys:
            row = book.rows[key]
            left = row.billed - predicted[key]
            if row.billed and abs(left) <= row.tolerance:
                exact.add(key)
                merit += row.bits
            elif key.token_class in {UNITS, None} and is_search_fees(row, left, fee):
                exact.add(key)
                merit += math.log2(fee / row.tolerance)
            elif base is not None and row.is_moved(predicted[key] - base.predicted.get(key, Decimal(0))):
                merit -= MISS_BITS
        factor = constant_factor(book, predicted, keys - exact)
        return _Outcome(
            choice=choice,
            predicted=predicted,
            exact=frozenset(exact),
            factor=factor,
            merit=merit + (0.0 if factor is None else factor.merit(book)),
        )

    def _parts(
        self, book: Book, keys: set[RowKey], usages: Sequence["LoggedUsage"], outcome: _Outcome, base: _Outcome
    ) -> Iterator[tuple[RowKey, Part]]:
        """What each reading of a choice adds, in the order of the choice."""
        before = base.predicted
        for count, (name, reading) in enumerate(outcome.choice, 1):
            after = self._outcome(book, keys, usages, outcome.choice[:count]).predicted
            for key in after:
                amount = after[key] - before.get(key, Decimal(0))
                if amount:
                    book.row(key)
                    yield key, Part(cause=name, detail=reading.detail, amount=amount)
            before = after
        if outcome.factor is not None:
            for key, amount in outcome.factor.amounts(outcome.predicted):
                yield key, Part(cause=outcome.factor.cause, detail=outcome.factor.detail(), amount=amount)

    def _of(self, usage: "LoggedUsage", choice: Choice) -> dict[str, Decimal]:
        """Cost of usage by token class as a choice reads it; as logged where the price list cannot say."""
        known = (id(usage), choice)
        found = self._charged.get(known)
        if found is None:
            found = self._charged[known] = self._charge(usage, [reading for _, reading in choice])
        return found

    def _charge(self, usage: "LoggedUsage", readings: Iterable[Reading]) -> dict[str, Decimal]:
        if usage.cost_status not in {"priced", "estimated"}:
            return usage.costs
        logged = charge = Charge(context=context_of(usage), quantities=usage.quantities, requests=usage.requests)
        for reading in readings:
            charge = reading.change(usage, charge) or charge
        if charge is logged:
            return usage.costs
        if not charge.requests:
            return {}
        base, read = self._rates.charged(usage, logged), self._rates.charged(usage, charge)
        if base is None or read is None:
            return usage.costs
        if charge.repriced:
            return {name: amount for name, amount in read.items() if amount}
        amounts = {
            name: usage.costs.get(name, Decimal(0)) + read[name] - base[name]
            for name in (*read, *usage.costs)
            if name in read
        }
        return {name: amount for name, amount in amounts.items() if amount}


def _agrees(row: Row) -> bool:
    return abs(row.billed - row.logged) <= row.tolerance
