"""What OpenAI's cost API and its CSV export share: units."""

from decimal import Decimal

_THOUSANDS = ("1000_tokens", "1k_tokens")


def tokens(quantity: Decimal | None, unit: str | None) -> Decimal | None:
    """A quantity in single tokens or units."""
    return quantity * 1000 if quantity is not None and (unit or "") in _THOUSANDS else quantity
