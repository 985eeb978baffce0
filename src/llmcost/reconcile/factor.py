"""A constant factor between what was billed and what we computed: at least three rows, and most, off by the very same ratio.

One row is off by some ratio always, so a single row never proves a factor. The factor found is the plainest number, with the
fewest decimals, that its largest row allows.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from llmcost.reconcile.rows import Book, RowKey

_FEWEST = 3
"""Rows it takes to prove a factor."""
_ANCHORS = 5
"""Rows, the largest, that a factor is read from."""
_PLACES = range(1, 7)
_FACTOR_BITS = 12.0
"""What a factor has to be worth; each of its decimals adds the bits of a digit."""
_DIGIT_BITS = 3.4
_MISS_BITS = 4.0
"""What a row costs for which it does not hold."""
_UPLIFT = Decimal("1.1")
"""What providers that charge for a region multiply token prices by."""
_TWICE, _HALF = Decimal(2), Decimal("0.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """Rows billed at a multiple of what was computed."""

    value: Decimal
    rows: frozenset[RowKey]
    missed: int
    """Rows it should hold for, too large for rounding to hide that it does not."""

    @property
    def cause(self) -> str:
        """The id of the cause this factor is a sign of."""
        if self.value == _UPLIFT:
            return "region"
        return "tier" if self.value in {_TWICE, _HALF} else "price-factor"

    def detail(self) -> str:
        """What it says of the bill."""
        if self.cause == "region":
            return "billed at 1.1 times the price computed, as for data residency"
        if self.cause == "tier":
            times = "twice" if self.value == _TWICE else "half"
            return f"billed at {times} the price computed, as for another tier"
        change = (abs(self.value - 1) * 100).normalize()
        direction = "less" if self.value < 1 else "more"
        return f"billed at {self.value.normalize():f} times the price computed ({change:f}% {direction})"

    def amounts(self, predicted: Mapping[RowKey, Decimal]) -> Iterator[tuple[RowKey, Decimal]]:
        """What the factor explains of each of its rows."""
        for key in self.rows:
            yield key, predicted[key] * (self.value - 1)

    def merit(self, book: Book) -> float:
        """How unlikely it is, in bits, that its rows agree by accident, less what it takes to choose a factor."""
        exponent = self.value.normalize().as_tuple().exponent
        digits = max(-exponent, 1) if isinstance(exponent, int) else 1
        agreed = sum(book.rows[key].bits for key in self.rows)
        return agreed - _FACTOR_BITS - _DIGIT_BITS * digits - _MISS_BITS * self.missed


def constant_factor(book: Book, predicted: Mapping[RowKey, Decimal], keys: Collection[RowKey]) -> Factor | None:
    """The factor that most of these rows are billed at, or those of one token class; None where no three agree on one."""
    known = [key for key in keys if predicted.get(key, 0) > 0 and book.rows[key].billed > 0]
    classes = {key.token_class for key in known}
    scopes = [known]
    if len(classes) > 1:
        scopes += [[key for key in known if key.token_class == one] for one in sorted(map(str, classes))]
    best: tuple[float, Factor | None] = (0.0, None)
    for scope in scopes:
        for anchor in sorted(scope, key=lambda key: (-predicted[key], str(key)))[:_ANCHORS]:
            row = book.rows[anchor]
            value = _plainest(row.billed / predicted[anchor], row.tolerance / predicted[anchor])
            agreeing = frozenset(
                key for key in scope if abs(book.rows[key].billed - predicted[key] * value) <= book.rows[key].tolerance
            )
            if len(agreeing) < _FEWEST or 2 * len(agreeing) < len(scope):
                continue
            missed = [
                key for key in scope if key not in agreeing and book.rows[key].is_moved(predicted[key] * (value - 1))
            ]
            factor = Factor(value=value, rows=agreeing, missed=len(missed))
            merit = factor.merit(book)
            if merit > best[0]:
                best = merit, factor
    return best[1]


def _plainest(ratio: Decimal, uncertainty: Decimal) -> Decimal:
    """The number with the fewest decimals that is no further from the ratio than its uncertainty."""
    for places in _PLACES:
        value = ratio.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
        if abs(value - ratio) <= uncertainty:
            return value
    return ratio.quantize(Decimal(1).scaleb(-12), rounding=ROUND_HALF_EVEN)
