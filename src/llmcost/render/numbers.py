"""Numbers as people read them and as machines do. Nothing rounds before this."""

from collections.abc import Iterable, Sequence
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


def machines(column: Sequence[Cell], kind: Kind) -> list[str | int | float | None]:
    """`machine` of every cell of a column."""
    if kind in {"count", "tokens"}:
        return [value if type(value) is int else machine(value, kind) for value in column]
    return [machine(value, kind) for value in column]


def human(value: Cell, kind: Kind, currency: str, *, signed: bool = False, places: int | None = None) -> str:
    """A cell as a table shows it; `signed` writes the plus of a change, `places` are the decimals of a column of money."""
    if value is None or isinstance(value, str):
        return UNKNOWN if value is None else value
    sign = "+" if signed and value > 0 else "-" if value < 0 else ""
    size: Decimal | float = -value if value < 0 else value
    if kind == "money" and places is not None:
        return sign + _in_column(Decimal(size), currency, places)
    return sign + _unsigned(size, kind, currency)


def money_places(amounts: Iterable[Decimal]) -> int:
    """The decimals of a column of money: as many as its smallest amount needs, within what matters beside the largest."""
    sizes = [abs(amount) for amount in amounts if amount]
    if not sizes:
        return 2
    largest = max(sizes)
    most = 2 if largest >= 10 else 4 if largest >= Decimal("0.01") else _places(largest) + 2
    return min(most, max(len(_money_digits(size).partition(".")[2]) for size in sizes))


def money(amount: Decimal, currency: str) -> str:
    """Money for people: cents from a dollar up, 4 places from a cent up, below that 2 significant digits."""
    return human(amount, "money", currency)


def _unsigned(value: Decimal | float, kind: Kind, currency: str) -> str:
    match kind:
        case "money":
            return f"{_symbol(currency)}{_money_digits(Decimal(value))}"
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


def _symbol(currency: str) -> str:
    return _SYMBOLS.get(currency, f"{currency} ")


def _in_column(amount: Decimal, currency: str, places: int) -> str:
    """Money with so many decimals; what they are too few for is not shown as nothing."""
    rounded = _rounded(amount, places)
    if amount and not rounded:
        return f"<{_symbol(currency)}{Decimal(1).scaleb(-places):f}"
    return f"{_symbol(currency)}{rounded:,f}"


def _money_digits(amount: Decimal) -> str:
    whole, _, fraction = f"{_rounded(amount, _places(amount)):,f}".partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<2}"


def _places(amount: Decimal) -> int:
    """The decimals that matter of one amount."""
    if not amount or amount >= 1:
        return 2
    return 4 if amount >= Decimal("0.01") else min(12, 1 - amount.adjusted())


def _rounded(amount: Decimal, places: int) -> Decimal:
    with localcontext(prec=60):
        return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
