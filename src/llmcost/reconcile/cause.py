"""What a cause of a difference is: how it shows in the numbers, and what it may explain.

A cause shows in one of two ways. A *reading* is another way the provider may have read the same usage (batch calls as standard
ones, cached tokens as uncached); the price list says exactly what that costs, so it either explains a difference or it does
not. A *claim* is made on what readings leave of one row, by evidence other than the amount: no request was logged that day, the
model has no price, nothing like it was ever billed.

Where causes exclude one another, the one that explains more exactly wins: readings before a constant factor, because a factor
has one number that is fitted; a factor before claims, because a claim takes whatever is left; and claims in the order of
`precedence`, the narrower evidence first. Among readings, those that make more rows come out exactly win, then the fewer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from llmcost.reconcile.charging import Charge

if TYPE_CHECKING:
    from llmcost.ledger.billing import LoggedUsage
    from llmcost.reconcile.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Another way a provider may have read the same usage."""

    slot: str
    """Readings with the same slot exclude one another."""
    detail: str
    """What it says of the bill, as the end of a sentence."""
    change: Callable[["LoggedUsage", Charge], Charge | None]
    """The charge as read that way; None where it makes no difference."""


class Evidence(Protocol):
    """What a claim may ask about the ledger."""

    def requests(self, row: "Row") -> int:
        """Requests logged in the days, of the provider and of the model of a row."""

    def unpriced(self, row: "Row") -> int:
        """Those of them without a known cost."""

    def requests_that_day(self, row: "Row") -> int:
        """Requests logged in the days of a row, of any model of the provider."""

    def logged_quantity(self, row: "Row") -> Decimal:
        """Tokens, or units, logged for a row."""

    def has_gap(self, row: "Row") -> bool:
        """Whether logs break off within the days of a row for longer than they usually do."""

    def fee(self, row: "Row", unit: str) -> Decimal:
        """What one unit, such as a `web_search`, costs with the models of a row; 0 where none has such a fee."""

    def is_billed(self, row: "Row") -> bool:
        """Whether the bill has any line for the days, and one for the model, of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One kind of difference."""

    title: str
    readings: Callable[[Sequence["LoggedUsage"]], Sequence[Reading]] | None = None
    """The readings worth trying on this usage."""
    claims: Callable[["Row", Decimal, Evidence], str | None] | None = None
    """Whether what is left of a row (billed minus what the readings make of the log) is due to it, and what to say then."""
    precedence: int = 0
    """Claims with a lower one are heard first."""
