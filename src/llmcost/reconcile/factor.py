"""A constant factor between what was billed and what we computed: at least three rows off by the very same ratio.

One row is off by some ratio always, so a single row never proves a factor. The factor found is the plainest number, with the
fewest decimals, that all its rows allow.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from llmcost.reconcile.rows import Book, RowKey

_FEWEST = 3
"""Rows it takes to prove a factor."""
_PLACES = range(1, 7)
_UPLIFT = Decimal("1.1")
"""What providers that charge for a region multiply token prices by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """Rows billed at a multiple of what was computed."""

    value: Decimal
    rows: frozenset[RowKey]

    @property
    def cause(self) -> str:
        """The id of the cause this factor is a sign of."""
        if self.value == _UPLIFT:
            return "region"
        return "tier" if self.value in {Decimal(2), Decimal("0.5")} else "price-factor"

    def detail(self) -> str:
        """What it says of the bill."""
        plain = f"{self.value.normalize():f}"
        if self.cause == "region":
            return "billed at 1.1 times the price computed, as for data residency"
        if self.cause == "tier":
            return f"billed at {'twice' if self.value == 2 else 'half'} the price computed, as for another tier"
        change = (
            f"{abs(self.value - 1).normalize() * 100:f}".rstrip("0").rstrip(".")
            if "." in f"{abs(self.value - 1) * 100:f}"
            else f"{abs(self.value - 1) * 100:f}"
        )
        return f"billed at {plain} times the price computed ({change}% {'less' if self.value < 1 else 'more'})"

    def amounts(self, book: Book, predicted: Mapping[RowKey, Decimal]) -> Iterator[tuple[RowKey, Decimal]]:
        """What the factor explains of each of its rows."""
        for key in self.rows:
            if key in book.rows:
                yield key, predicted[key] * (self.value - 1)


def constant_factor(book: Book, predicted: Mapping[RowKey, Decimal], keys: Collection[RowKey]) -> Factor | None:
    """The factor that most of these rows are billed at; None where fewer than three agree on one."""
    known = [key for key in keys if predicted.get(key, 0) > 0 and book.rows[key].billed > 0]
    best: Factor | None = None
    for anchor in sorted(known, key=lambda key: -predicted[key])[:10]:
        row = book.rows[anchor]
        value = _plainest(row.billed / predicted[anchor], row.tolerance / predicted[anchor])
        agreeing = frozenset(
            key
            for key in known
            if abs(book.rows[key].billed - predicted[key] * value) <= book.rows[key].tolerance
            and abs(predicted[key] * (value - 1)) > book.rows[key].tolerance * 4
        )
        if len(agreeing) >= _FEWEST and (best is None or len(agreeing) > len(best.rows)):
            best = Factor(value=value, rows=agreeing)
    return best


def _plainest(ratio: Decimal, uncertainty: Decimal) -> Decimal:
    """The number with the fewest decimals that is no further from the ratio than its uncertainty."""
    for places in _PLACES:
        value = ratio.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
        if abs(value - ratio) <= uncertainty:
            return value
    return ratio
