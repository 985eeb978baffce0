"""Numbers as people read them and as machines do. Nothing rounds before this."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from llmcost.ledger.registry import Kind
from llmcost.reports.record import Cell

UNKNOWN = "-"
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def plain(amount: Decimal) -> str:
    """Money for machines: all its digits, at least two places, no trailing zeros beyond, no exponent, no minus zero."""
    whole, _, fraction = f"{amount or abs(amount):f}".partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<2}"


def machine(value: Cell, kind: Kind) -> str | int | float | None:
    """A cell as JSON holds it: money as text, counts whole, anything else with 6 decimals."""
    if value is None or isinstance(value, str):
        return value
    if kind == "money":
        return plain(Decimal(value))
    if kind in {"count", "tokens"}:
        return int(value)
    return round(float(value), 6)


def human(value: Cell, kind: Kind, currency: str, *, signed: bool = False) -> str:
    """A cell as a table shows it; `signed` writes the plus of a change."""
    if value is None or isinstance(value, str):
        return UNKNOWN if value is None else value
    sign = "+" if signed and value > 0 else "-" if value < 0 else ""
    size: Decimal | float = -value if value < 0 else value
    return sign + _unsigned(size, kind, currency)


def money(amount: Decimal, currency: str) -> str:
    """Money for people: cents from a dollar up, 4 places from a cent up, below that 2 significant digits."""
    return human(amount, "money", currency)


def _unsigned(value: Decimal | float, kind: Kind, currency: str) -> str:
    match kind:
        case "money":
            symbol = _SYMBOLS.get(currency, f"{currency} ")
            return f"{symbol}{_money_digits(Decimal(value))}"
        case "count" | "tokens":
            return f"{int(value):,}"
        case "percent":
            return _percent(float(value))
        case "duration":
            return f"{value:,.0f} ms" if value < 1000 else f"{value / 1000:,.2f} s"
        case "rate":
            return f"{value:,.1f}/s"
        case "ratio":
            return f"{value:,.2f}"
        case _:
            return f"{value:,.1f}"


def _percent(share: float) -> str:
    """Nothing and everything are said only of nothing and everything."""
    if 0 < share < 0.0005:
        return "<0.1%"
    if 0.9995 <= share < 1:
        return ">99.9%"
    return f"{share * 100:,.1f}%"


def _money_digits(amount: Decimal) -> str:
    if not amount or amount >= 1:
        places = 2
    elif amount >= Decimal("0.01"):
        places = 4
    else:
        places = min(12, 1 - amount.adjusted())
    with localcontext(prec=60):
        rounded = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    whole, _, fraction = f"{rounded:,f}".partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<2}"
