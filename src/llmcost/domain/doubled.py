"""Calls that seem to be in a ledger twice."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubled:
    """Calls that seem to have come through each of some issuers."""

    issuers: tuple[str, ...]
    evidence: str
    """`id`: both name the same id. `time`: same model, tokens and moment."""
    requests: int
    """How many too many, if they are the same."""
    cost: Decimal
    """What these cost."""
