"""What a reconciliation comes to: plain values that every format renders alike."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from llmcost.ledger.composition import Basis
from llmcost.reconcile.invoice import Unused
from llmcost.reconcile.rows import RowKey
from llmcost.reconcile.tolerance import Tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceFile:
    """One file of the bill, and what was taken from it."""

    path: str
    format: str
    """Id of the format."""
    lines: int
    """Lines compared."""
    amount: Decimal
    """Their sum."""
    repeated: int
    """Lines not compared because another file charges for the same, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCause:
    """Why some of the difference is there."""

    cause: str
    title: str
    detail: str
    amount: Decimal
    """Of the difference; positive where the bill is higher."""
    moved: Decimal
    """What it explains of single rows, without sign: a day boundary moves much and changes little."""
    rows: int
    models: tuple[str, ...]
    first: date
    """First day concerned."""
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """One comparison."""

    key: RowKey
    billed: Decimal
    lines: int
    logged: Decimal
    requests: int
    causes: tuple[tuple[str, Decimal], ...]
    """Id of each cause with its amount."""
    unexplained: Decimal

    @property
    def difference(self) -> Decimal:
        """Billed minus logged."""
        return self.billed - self.logged


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What was left out because only one side covers it."""

    billed: Decimal
    lines: int
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """A bill against the ledger."""

    since: date
    until: date
    """Exclusive."""
    zone: str
    """Time zone of the days."""
    currency: str
    providers: tuple[str, ...]
    files: tuple[InvoiceFile, ...]
    rows: tuple[ComparedRow, ...]
    """Largest unexplained difference first, then the largest difference."""
    causes: tuple[NamedCause, ...]
    """Largest amount first."""
    unused: tuple[Unused, ...]
    """Lines of the bill that could not be compared."""
    outside: Outside | None
    tolerance: Tolerance
    requests: int
    unpriced_requests: int
    basis: Basis = "requests"
    """What of the ledger the bill was compared with."""

    @property
    def billed(self) -> Decimal:
        """What the bill comes to."""
        return sum((row.billed for row in self.rows), Decimal(0))

    @property
    def logged(self) -> Decimal:
        """What the ledger comes to."""
        return sum((row.logged for row in self.rows), Decimal(0))

    @property
    def difference(self) -> Decimal:
        """Billed minus logged: the amounts of the causes and the unexplained rest, exactly."""
        return self.billed - self.logged

    @property
    def explained(self) -> Decimal:
        """What the causes come to."""
        return sum((cause.amount for cause in self.causes), Decimal(0))

    @property
    def unexplained(self) -> Decimal:
        """What no cause explains, with its sign."""
        return sum((row.unexplained for row in self.rows), Decimal(0))

    @property
    def unexplained_rows(self) -> Decimal:
        """The unexplained rests of all rows without sign, so that two of them cannot hide each other."""
        return sum((abs(row.unexplained) for row in self.rows), Decimal(0))

    @property
    def unexplained_share(self) -> Decimal | None:
        """The unexplained rest as a share of the bill; None where nothing is billed."""
        return abs(self.unexplained) / abs(self.billed) if self.billed else None

    @property
    def unread(self) -> tuple[Unused, ...]:
        """The lines that should have been compared and could not be: with any, nobody knows whether the bill is right."""
        return tuple(one for one in self.unused if one.kind == "unread")

    @property
    def rests_may_stay(self) -> bool:
        """Whether the tolerance allows the unexplained rests of all rows, added without sign."""
        return self.tolerance.allows(self.unexplained_rows, self.billed)

    @property
    def within_tolerance(self) -> bool:
        """Whether the rests may stay, of a bill that was compared whole."""
        return self.rests_may_stay and not self.unread
