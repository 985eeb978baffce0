"""How much of a bill may stay unexplained: an amount, or a share of the bill."""

import re
from dataclasses import dataclass
from decimal import Decimal

from llmcost.domain.errors import UsageError

_FORM = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<percent>%)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """A limit on the unexplained rest."""

    text: str
    """As the user wrote it."""
    amount: Decimal | None
    share: Decimal | None

    def allows(self, unexplained: Decimal, billed: Decimal) -> bool:
        """Whether so much may be unexplained of a bill of so much."""
        limit = self.amount if self.amount is not None else abs(billed) * (self.share or 0)
        return abs(unexplained) <= limit


def parse_tolerance(text: str) -> Tolerance:
    """`0.5%` of the bill, or an amount such as `2.00`; UsageError otherwise."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"--tolerance cannot be {text!r}", hint="give a share such as 0.5%, or an amount such as 2.00")
    number = Decimal(found["number"])
    if found["percent"]:
        return Tolerance(text=text.strip(), amount=None, share=number / 100)
    return Tolerance(text=text.strip(), amount=number, share=None)
