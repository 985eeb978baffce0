"""What a report is once it has been computed: plain values that every format renders alike."""

from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Literal

from llmcost.domain.fx import Rates
from llmcost.domain.period import Period
from llmcost.ledger.composition import Basis
from llmcost.ledger.registry import Kind

Cell = str | Decimal | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name in JSON and CSV, its heading, and how its cells are written."""

    name: str
    title: str
    kind: Kind
    role: Literal["key", "metric", "change", "drawing"]
    """`change`: what became of a metric since the period before; `drawing`: blocks for people, in no document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row, its cells in the order of the columns."""

    cells: tuple[Cell, ...]
    other: bool = False
    """Whether it stands for every group outside the top."""
    trend: tuple[Decimal, ...] = ()
    """Its cost over the period, in equal spans; none where nobody asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One number about all rows together."""

    name: str
    title: str
    kind: Kind
    value: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the numbers are made of, and what they leave out."""

    requests: int
    unpriced_requests: int
    """Requests whose cost is unknown, if only of a pass billed apart; to that extent in no sum of cost."""
    unpriced_reported: Decimal | None
    """What the logs claimed for them."""
    unpriced_models: tuple[tuple[str, int], ...]
    """Their models and how many requests each, most first."""
    estimated_requests: int
    assumed_time_requests: int
    """Requests whose log gave no time."""
    rejected: int
    """Different lines of the whole ledger's logs that could not be read."""
    unattributed_cost: Decimal | None
    """Cost without a value for the first key; without keys, without a customer, user, team and business unit."""
    first: datetime | None
    """Start of the earliest request, UTC."""
    last: datetime | None
    partly_unpriced_requests: int = 0
    """Those of them that only passes billed apart make so."""
    buckets: int = 0
    """On exports: how many usage buckets the numbers are made of."""
    unpriced_buckets: int = 0
    """Those whose cost is unknown."""
    unpriced_buckets_in: tuple[tuple[str, int], ...] = ()
    """Other currencies that some of them are stated in, and how many each."""
    long_buckets: int = 0
    """Usage buckets for more than a day, which count when they begin."""
    long_buckets_cost: Decimal | None = None
    """What they cost; None where that is not known of any."""
    earlier_buckets: int = 0
    """Usage buckets that begin before the period and reach into it, and are in no number."""
    earlier_buckets_cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A table of requests grouped by something, with its totals."""

    title: str
    by: tuple[str, ...]
    columns: tuple[Column, ...]
    """What machines get: keys, then what every row carries, then what was asked for, then changes."""
    shown: tuple[str, ...]
    """The names of the columns people see, in their order."""
    rows: tuple[Row, ...]
    row_count: int
    """How many rows there are without a limit."""
    totals: tuple[Cell, ...]
    """In the order of the columns; None for keys."""
    basis: Basis
    period: Period
    """As asked; an open end is the midnight around the first or last request. None without any request."""
    previous: Period | None
    """The period compared with."""
    zone: tzinfo
    currency: str
    price_lists: tuple[tuple[str, date | None], ...]
    """Content hash and date of the price lists the rows were rated with."""
    coverage: Coverage
    previous_coverage: Coverage | None = None
    """What the numbers of that period leave out; None where nothing is known of it."""
    rates: Rates = ()
    """The rates amounts were converted at; none: they were not."""
    notes: tuple[str, ...] = field(default=())
    """What the reader should know and the data does not say."""
    name: str | None = None
    """Which named report it is."""
    facts: tuple[Fact, ...] = ()
    charges: Decimal | None = None
    """What is charged beside all requests of the period, in no request's cost; None where nothing is or not all were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table whose rows are not groups of requests but were computed from them."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    """In the order of the columns."""
    shown: tuple[str, ...] = ()
    """The names of the columns people see; none for all but the upper ends of ranges."""
    totals: tuple[Cell, ...] | None = None
    ranges: tuple[tuple[str, str], ...] = ()
    """Columns people see as one: that of the lower end, under its title, and that of the upper."""
    empty: str = "nothing"
    """What people read in place of no rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A named report that is more than groups of requests: tables, facts, and the report they rest on."""

    name: str
    title: str
    sheets: tuple[Sheet, ...]
    """At least one; the first is the one that CSV has."""
    base: Report
    """Whose period, basis, currency, price lists and coverage are the study's."""
    facts: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Several reports on the same rows."""

    total: Report
    sections: tuple[Report, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know of all of it."""
        return self.total.notes
