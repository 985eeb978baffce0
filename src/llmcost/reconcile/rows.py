"""Bill and ledger side by side, as finely as the bill tells days, models and token classes apart."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from llmcost.reconcile.invoice import InvoiceLine
from llmcost.reconcile.naming import ModelNames

if TYPE_CHECKING:
    from llmcost.ledger.billing import LoggedUsage

InvoiceRounding = Literal["line", "total", "none"]
ROUNDINGS: tuple[InvoiceRounding, ...] = get_args(InvoiceRounding)

CENT = Decimal("0.01")
UNITS, MODEL_UNITS, WHOLE = "units", "model_units", "whole"
"""The token class of what is not charged by the token, that of it which only the ledger tells to be the model's own, such as the
seconds of a transcription, and that of a cost without components."""
CAPACITY = "capacity"
"""The token class of what a bill charges whatever is called. No request's cost is compared with it."""
_NOISE = Decimal("1e-12")
"""What a request's cost is rounded to, and, relative to an amount, what a bill's binary fractions may be off."""

_SEARCHES = re.compile("search", re.IGNORECASE)
"""What a line of a bill is for where it charges for web searches."""

_CAPACITY = re.compile(r"provisioned|\bptus?\b|\bcapacity\b|commitment|reservation|\bmodel.?units?\b", re.IGNORECASE)
"""What a line of a bill says that charges for capacity, such as `Provisioned Managed Regional Unit`."""

_SURE = 1000
"""How many times finer than a fee amounts must be known for a whole number of fees to be no accident."""


class RowKey(NamedTuple):
    """What a row compares; None is everything together."""

    since: date
    until: date
    provider: str | None
    model: str | None
    token_class: str | None


@dataclass(slots=True, kw_only=True)
class Row:
    """One comparison."""

    key: RowKey
    billed: Decimal = Decimal(0)
    lines: int = 0
    """Lines of the bill it holds."""
    quantity: Decimal | None = None
    """What they count; None unless each says so."""
    logged: Decimal = Decimal(0)
    requests: int = 0
    """Requests behind the logged amount."""
    rounding: Decimal = Decimal(0)
    """How far rounding may have moved the billed amount."""
    search_fees: Decimal = Decimal(0)
    """What the lines charge that say they are for searches."""
    searches: Decimal = Decimal(0)
    """Web searches logged."""

    @property
    def tolerance(self) -> Decimal:
        """What a difference may come to without any cause."""
        return self.rounding + _NOISE * (self.requests + 1 + abs(self.billed))

    def is_moved(self, amount: Decimal) -> bool:
        """Whether an amount is more than rounding could hide in this row."""
        return bool(self.billed) and abs(amount) > 4 * self.tolerance

    @property
    def bits(self) -> float:
        """How unlikely it is, in bits, that an amount of this size comes out by accident; 0 for one that rounding swallows."""
        ratio = abs(self.billed) / (2 * self.tolerance)
        return math.log2(ratio) if ratio > 1 else 0.0


class BilledCells:
    """The lines of bills, added up by what they tell apart."""

    def __init__(
        self,
        files: Iterable[Sequence[InvoiceLine]],
        names: ModelNames,
        rounding: InvoiceRounding | None,
        *,
        capacity: bool = True,
    ) -> None:
        """The lines of each file. `rounding` None: as the digits of the lines of that file say.

        `capacity` keeps its charges apart; without, they are like any other.
        """
        self.cells: dict[RowKey, Row] = {}
        known: dict[RowKey, list[InvoiceLine]] = defaultdict(list)
        quanta: dict[RowKey, list[Decimal]] = defaultdict(list)
        for lines in files:
            quantum = _quantum(lines) if rounding is None else Decimal(0) if rounding == "none" else CENT
            for line in lines:
                model = None if line.model is None else names.of(line.provider, line.model, line.since)
                kind = _class_of(line) if capacity else line.token_class
                key = RowKey(line.since, line.until, line.provider, model, kind)
                known[key].append(line)
                quanta[key].append(quantum)
        for key, members in known.items():
            quantities = [line.quantity for line in members if line.quantity is not None]
            self.cells[key] = Row(
                key=key,
                billed=sum((line.amount for line in members), Decimal(0)),
                lines=len(members),
                quantity=sum(quantities, Decimal(0)) if len(quantities) == len(members) else None,
                rounding=(CENT if rounding == "total" else sum(quanta[key], Decimal(0))) / 2,
                search_fees=sum(
                    (line.amount for line in members if _SEARCHES.search(line.description)),
                    Decimal(0),
                ),
            )
        self._spans: dict[date, list[tuple[date, date]]] = {}
        usage = [key for key in self.cells if key.token_class != CAPACITY]
        self._has_models = any(key.model is not None for key in usage)
        self._has_classes = any(key.token_class is not None for key in usage)
        self._daily = not usage or any(key.until - key.since == timedelta(days=1) for key in usage)
        for since, until in sorted({(key.since, key.until) for key in usage}, key=lambda span: span[1] - span[0]):
            for offset in range((until - since).days):
                self._spans.setdefault(since + timedelta(days=offset), []).append((since, until))

    def key_of(self, day: date, provider: str | None, model: str | None, token_class: str) -> RowKey:
        """The row that logged cost belongs to: the narrowest the bill has, or one of its own as fine as the bill is."""
        kind = {WHOLE: None, MODEL_UNITS: UNITS}.get(token_class, token_class)
        places = [(model, kind), (None, kind), (model, None), (None, None)]
        if token_class == MODEL_UNITS:
            # Bills call them units, sound or pictures, or name the model alone; units without a model are tools' before.
            places = [(model, UNITS), (model, "audio"), (model, "image"), (model, None), (None, UNITS), (None, None)]
        spans = self._spans.get(day, [])
        for since, until in spans:
            for name, part in places:
                for owner in (provider, None):
                    key = RowKey(since, until, owner, name, part)
                    if key in self.cells:
                        return key
        since, until = (day, day + timedelta(days=1)) if self._daily or not spans else spans[0]
        return RowKey(since, until, provider, model if self._has_models else None, kind if self._has_classes else None)


class Book:
    """Every row of one reading of the days, and what the ledger holds for it."""

    def __init__(self, billed: BilledCells, usages: Sequence["LoggedUsage"]) -> None:
        self.billed = billed
        self.usages = usages
        self.rows = {key: replace(cell) for key, cell in billed.cells.items()}
        self._keys: dict[tuple[date, str | None, str | None, str], RowKey] = {}
        for usage in usages:
            for token_class, amount in usage.costs.items():
                row = self.row(self.key_of(usage, token_class))
                row.logged += amount
                row.requests += usage.requests
            if searches := usage.quantities.get("web_searches"):
                self.row(self.key_of(usage, UNITS)).searches += searches

    def row(self, key: RowKey) -> Row:
        """The row with this key, empty if there was none."""
        if key not in self.rows:
            self.rows[key] = Row(key=key)
        return self.rows[key]

    def key_of(self, usage: "LoggedUsage", token_class: str) -> RowKey:
        """The row that this class of this usage belongs to."""
        about = (usage.day, usage.provider, usage.model, token_class)
        key = self._keys.get(about)
        if key is None:
            key = self._keys[about] = self.billed.key_of(*about)
        return key


def is_search_fees(row: Row, rest: Decimal, fee: Decimal) -> bool:
    """Whether what is left of a row is a whole number of fees for searches, known well enough for that to be no accident.

    Adjustments and seats are whole cents, as many fees are: so no more of it than the bill's own lines charge for searches, or
    than the searches logged would cost once more.
    """
    if rest <= row.tolerance or not fee or row.tolerance * _SURE > fee:
        return False
    if rest > max(row.search_fees, row.searches * fee) + row.tolerance:
        return False
    return abs(rest - (rest / fee).to_integral_value() * fee) <= row.tolerance


def _class_of(line: InvoiceLine) -> str | None:
    """What a line charges for: capacity where it says so and names no kind of token."""
    if line.token_class in {None, UNITS} and _CAPACITY.search(line.description):
        return CAPACITY
    return line.token_class


def _quantum(lines: Sequence[InvoiceLine]) -> Decimal:
    """The unit of the last digit that any line has; never coarser than a cent."""
    places = 2
    for line in lines:
        exponent = line.amount.as_tuple().exponent
        if isinstance(exponent, int):
            places = max(places, -exponent)
    return Decimal(1).scaleb(-places)
