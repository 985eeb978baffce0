"""The temporary tables a FOCUS export joins: prices of one unit, smallest quantities, and charges no call causes."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from llmcost.pricing.charges import Charge
from llmcost.pricing.price_sheet import SheetLine

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_PLACES = 18


def write_prices(connection: "Connection", sheet: Sequence[SheetLine]) -> None:
    """The sheet as two tables: prices of one, and the smallest quantities billed, a column each."""
    connection.execute(
        """
        create or replace temp table llmcost_focus_price (
            price_list varchar, price_id varchar, list_price_id varchar, unit varchar,
            list_price decimal(38, 18), unit_price decimal(38, 18)
        )
        """
    )
    columns = {
        "price_list": [line.price_list for line in sheet],
        "price_id": [line.price_id for line in sheet],
        "list_price_id": [line.list_price_id for line in sheet],
        "unit": [line.unit for line in sheet],
        "list_price": [_one(line.list_price, line.per) for line in sheet],
        "unit_price": [_one(line.unit_price, line.per) for line in sheet],
    }
    if sheet:
        kinds = {"list_price": "decimal(38, 18)", "unit_price": "decimal(38, 18)"}
        values = ", ".join(f"unnest(?::varchar[])::{kinds.get(name, 'varchar')}" for name in columns)
        connection.execute(f"insert into llmcost_focus_price select {values}", list(columns.values()))
    least = sorted({line.quantity_column for line in sheet if line.minimum and line.quantity_column})
    declared = "".join(f", least_{column} decimal(18, 6)" for column in least)
    connection.execute(
        f"create or replace temp table llmcost_focus_minimum (price_list varchar, price_id varchar{declared})"
    )
    by_price: dict[tuple[str | None, str], dict[str, Decimal]] = {}
    for line in sheet:
        if line.minimum and line.quantity_column:
            by_price.setdefault((line.price_list, line.price_id), {})[line.quantity_column] = line.minimum
    for (version, price_id), found in by_price.items():
        connection.execute(
            f"insert into llmcost_focus_minimum values (?, ?{', ?' * len(least)})",
            [version, price_id, *(found.get(column) for column in least)],
        )


def _one(price: Decimal, per: int) -> str:
    """The price of one as decimal text of 18 places, rounded half-even where it has no end."""
    digits = round(Fraction(price) / per * 10**_PLACES)
    return f"{digits // 10**_PLACES}.{digits % 10**_PLACES:0{_PLACES}}"


def write_beside(connection: "Connection", beside: Sequence[Charge]) -> None:
    """Charges that no call causes; their periods are whole days, UTC."""
    connection.execute(
        """
        create or replace temp table llmcost_focus_beside (
            kind varchar, name varchar, provider varchar, period_start timestamp, period_end timestamp,
            quantity decimal(38, 12), counted varchar, unit_price decimal(38, 18), amount decimal(38, 12)
        )
        """
    )
    columns = {
        "kind": [charge.kind for charge in beside],
        "name": [charge.name for charge in beside],
        "provider": [charge.provider for charge in beside],
        "period_start": [datetime.combine(charge.first_day, time()) for charge in beside],
        "period_end": [datetime.combine(charge.last_day + timedelta(days=1), time()) for charge in beside],
        "quantity": [f"{charge.quantity:f}" for charge in beside],
        # The standard's unit format takes no name of a machine.
        "counted": ["Unit-Hours" if charge.unit == "unit-hour" else "GPU-Hours" for charge in beside],
        "unit_price": [f"{charge.unit_price:f}" for charge in beside],
        "amount": [f"{charge.amount:f}" for charge in beside],
    }
    if beside:
        values = ", ".join(f"unnest(?) as {name}" for name in columns)
        connection.execute(f"insert into llmcost_focus_beside by name select {values}", list(columns.values()))
