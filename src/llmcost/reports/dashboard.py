"""What a dashboard is once it has been computed: panels of plain values that every format draws in its own way."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from llmcost.domain.period import Period
from llmcost.reports.record import Cell, Column, Report, Row

PanelKind = Literal["figures", "trend", "bars", "gauge", "table", "histogram"]
"""How a panel is drawn.

`figures`: one row, each number on its own. `trend`: rows in order of time. `bars`: rows compared by their measure.
`gauge`: shares held against a whole or a target. `table`: as it is. `histogram`: how many fall between two bounds.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The question of `llmcost report` that gives the numbers of a panel."""

    by: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    top: int | None = None
    limit: int | None = None
    compare: bool = False
    """Whether beside the period before."""
    period: Period | None = None
    """None: the dashboard's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An amount that is not known exactly, and its bounds."""

    low: Decimal
    mid: Decimal
    high: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One thing a dashboard shows."""

    id: str
    """Its stable name on this dashboard."""
    title: str
    kind: PanelKind
    about: str = ""
    """What to read from it, in a sentence."""
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    totals: tuple[Cell, ...] | None = None
    """The line below the rows, in the order of the columns."""
    row_count: int = 0
    """How many rows there are without a limit."""
    ask: Ask | None = None
    """None where the numbers are not those of a report; `command` then says whose they are."""
    command: str = ""
    """The command line that prints the same numbers."""
    measure: str = ""
    """The column that is drawn."""
    beside: tuple[str, ...] = ()
    """Columns drawn with it, on the same scale."""
    whole: float | None = None
    """What the measure is a part of, where that is not its largest value."""
    target: float | None = None
    """The value the measure is held against."""
    cumulative: bool = False
    """Whether days are added up from the first of each month, one line a month."""
    empty: str = ""
    """Why there is nothing to show, and how to change that."""
    notes: tuple[str, ...] = ()
    together: Expected | None = None
    """What the rows come to, where that is no sum of theirs."""

    def cell(self, row: Row, name: str) -> Cell:
        """The value of a row in the column of that name."""
        return row.cells[[column.name for column in self.columns].index(name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Panels on the same rows of a ledger."""

    name: str
    """The id users type."""
    title: str
    total: Report
    """The one row without keys: period, currency, basis and coverage of all panels."""
    panels: tuple[Panel, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know of all of it."""
        return self.total.notes
