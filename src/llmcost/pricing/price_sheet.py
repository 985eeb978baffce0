"""The price sheet: what one of each unit cost at every price that requests of the ledger were rated at.

With it anybody can work the costs out again without knowing how a price list is read: quantity times price, added up. The
price lists are those kept in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from llmcost.domain.exact import EXACT
from llmcost.ledger.composition import Query
from llmcost.pricing.explanation import decimal_of
from llmcost.pricing.price_list import FEE_UNITS, TOKEN_UNITS
from llmcost.pricing.rate_row import Context
from llmcost.pricing.rates import rate_rows
from llmcost.pricing.snapshots import restored
from llmcost.pricing.units import COMPONENTS, QUANTITIES, SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.pricing.price_list import PriceList
    from llmcost.pricing.rate_row import RateRow

_CONTEXT = tuple(one.name for one in fields(Context) if one.name != "provider")
_COMPONENT = {unit: component for component, units in COMPONENTS.items() for unit in units}


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """The price of one unit under one price id of one price list."""

    price_list: str | None
    """Hash of the list the ledger says its rows were rated with; None where it does not say."""
    price_id: str
    list_price_id: str
    """The same without what a contract adds: the published price."""
    provider: str | None
    model: str | None
    unit: str
    quantity_column: str | None
    """Column of the request that counts the unit; None for the fee of a request, which counts 1."""
    component: str
    """Column of the request whose amount this is a part of."""
    list_price: Decimal
    """Price of `per` of them before a contract."""
    unit_price: Decimal
    """Price of `per` of them, to 24 places, which are always enough for a price with an end."""
    per: int
    """1, but for audio: a price by the hour of what is counted in seconds."""
    minimum: Decimal
    """The smallest quantity billed of what is used at all; 0 for none."""
    charged_as: str | None
    """The unit whose price it is; None where it has its own."""
    currency: str


def price_sheet(connection: Connection, selection: Selection) -> tuple[SheetLine, ...]:
    """The lines of every price the selected requests were rated at, by list, id and unit.

    What no kept price list explains has no lines.
    """
    query = Query()
    rows = query.rows(connection, replace(selection, conversion=None), [])
    found = connection.execute(
        f"""
        {rows}
        select distinct ingest.price_list, price_id, stated_provider, {", ".join(_CONTEXT)}
        from keyed left join ingest on ingest.ingest_id = keyed.ingest_id
        where price_id is not null
        order by all
        """,
        query.parameters,
    ).fetchall()
    lists = _Lists(connection)
    lines: dict[tuple[str | None, str], tuple[SheetLine, ...]] = {}
    for version, price_id, *values in found:
        if not lines.get((version, price_id)):
            context = Context(**dict(zip(("provider", *_CONTEXT), values, strict=True)))
            lines[version, price_id] = tuple(_lines(version, price_id, context, lists))
    return tuple(line for one in lines.values() for line in one)


class _Lists:
    """The price lists of a ledger, each read when it is needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._versions: list[str] = [
            version
            for (version,) in connection.execute(
                "select price_list from price_list order by loaded_at desc, price_list"
            ).fetchall()
        ]
        self._read: dict[str, PriceList | None] = {}

    def of(self, version: str | None) -> Iterator[PriceList]:
        """That list, then the others, the newest first: a row may have kept the price of an earlier one."""
        for name in dict.fromkeys([*([version] if version in self._versions else []), *self._versions]):
            if name not in self._read:
                (content,) = self._connection.execute(
                    "select content from price_list where price_list = $version", {"version": name}
                ).fetchone() or (b"",)
                self._read[name] = restored(content)
            prices = self._read[name]
            if prices is not None:
                yield prices


def _lines(version: str | None, price_id: str, context: Context, lists: _Lists) -> Iterator[SheetLine]:
    """The lines of a price id; none when no list has it."""
    for prices in lists.of(version):
        for row in rate_rows(prices, context):
            if row.price_id == price_id:
                yield from _of_row(version, row, prices.currency)
                return


def _of_row(version: str | None, row: RateRow, currency: str) -> Iterator[SheetLine]:
    fees = dict(row.price.fees) if row.price is not None else {}
    for variant in reversed(row.fee_variants):
        fees.update(variant.fees)
    factor = Fraction(1)
    for one in row.multipliers:
        factor *= Fraction(one.factor)
    for unit in (*TOKEN_UNITS, *FEE_UNITS):
        own = row.charged_as.get(unit)
        if unit in TOKEN_UNITS:
            if row.tier is None or own is None:
                continue
            published = Fraction(row.tier.rates[own]) / 1_000_000 * factor
            agreed = Fraction(row.rates[unit]) * row.numerator / row.denominator
        else:
            if unit not in fees:
                continue
            published = Fraction(fees[unit]) / FEE_UNITS[unit]
            agreed = Fraction(row.fees[unit])
        column = QUANTITIES.get(unit)
        yield SheetLine(
            price_list=version,
            price_id=row.price_id or "",
            list_price_id=row.list_price_id or "",
            provider=row.provider,
            model=row.model,
            unit=unit,
            quantity_column=column,
            component=_COMPONENT.get(unit, "unit_cost"),
            list_price=_decimal(published),
            unit_price=_decimal(agreed),
            per=SECONDS.get(unit, 1),
            minimum=row.minimums.get(column or "", Decimal(0)),
            charged_as=None if own in (None, unit) else own,
            currency=currency,
        )


def _decimal(value: Fraction) -> Decimal:
    exact = decimal_of(value)
    if exact is not None:
        return exact
    digits = round(value * 10**24)
    return Decimal(digits).scaleb(-24, context=EXACT)
