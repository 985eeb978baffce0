"""What OpenAI's cost API and its CSV export share: the words of a line item, and units."""

from decimal import Decimal

from llmcost.reconcile.invoice import TokenClass
from llmcost.reconcile.words import class_of

_THOUSANDS = ("1000_tokens", "1k_tokens")


def line_item(text: str | None) -> tuple[str | None, TokenClass | None]:
    """Model and token class of `gpt-5-nano, input_tokens`, or of a tool such as `web search tool calls`."""
    if not text:
        return None, None
    model, comma, kind = text.rpartition(", ")
    if comma:
        return model.strip() or None, class_of(kind)
    token_class = class_of(text)
    return (None, "units") if token_class == "units" else (text.strip(), None)  # noqa: S105  not a password


def tokens(quantity: Decimal | None, unit: str | None) -> Decimal | None:
    """A quantity in single tokens or units."""
    return quantity * 1000 if quantity is not None and (unit or "") in _THOUSANDS else quantity
