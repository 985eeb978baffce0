"""Reading one charge of a plan."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.config.yaml import check_keys
from llmcost.tiers.amounts import amount, choice, in_bounds, integer, quantities, share, text, value_at
from llmcost.tiers.charges import model, models
from llmcost.tiers.plan import REVENUE, ZERO, ZERO_USAGE, Block, Charge, Step, Tier, ZeroUsage

if TYPE_CHECKING:
    from llmcost.config.yaml import Document, Key

_COMMON = ("name", "meter", "model", "free_units", "minimum", "maximum")
_BLOCKS = ("block_graduated", "block_volume")


def read_charge(document: Document, path: tuple[Key, ...], zero: ZeroUsage, least: int) -> Charge:
    """One charge; `zero` and `least` hold where it does not say its own `zero_usage` and `package_minimum`."""
    value = document.at(*path)
    if not isinstance(value, dict):
        raise document.error("expected a mapping", *path)
    if "model" not in value:
        raise document.error("the charge has no 'model'", *path, hint=f"models: {', '.join(models())}")
    name = choice(document, (*path, "model"), models(), "")
    kind = model(name)
    check_keys(document, path, [*_COMMON, *kind.KEYS])
    for key in sorted(kind.REQUIRED):
        if key not in value:
            raise document.error(f"a {name} charge needs {key!r}", *path)
    meter = _meter(document, path, name)
    found = Charge(
        name=text(document, (*path, "name"), meter),
        meter=meter,
        model=name,
        unit_price=_unit_price(document, path, name),
        per=_per(document, path),
        tiers=_tiers(document, path) if name in {"graduated", "volume"} else (),
        blocks=_blocks(document, path) if name in _BLOCKS else (),
        steps=_steps(document, path, meter) if name == "capacity" else (),
        package_size=_size(document, (*path, "package_size")) if name == "package" else Decimal(1),
        package_price=amount(document, (*path, "package_price"), ZERO),
        package_rounding=choice(document, (*path, "package_rounding"), ("up", "down"), "up"),
        package_minimum=integer(document, (*path, "package_minimum"), least) if name == "package" else 0,
        free_units=amount(document, (*path, "free_units"), ZERO),
        fixed_amount=amount(document, (*path, "fixed_amount"), ZERO),
        events=text(document, (*path, "events"), "requests"),
        free_events=amount(document, (*path, "free_events"), ZERO),
        transaction_minimum=amount(document, (*path, "per_transaction_minimum"), None),
        transaction_maximum=amount(document, (*path, "per_transaction_maximum"), None),
        minimum=amount(document, (*path, "minimum"), None),
        maximum=amount(document, (*path, "maximum"), None),
        zero_usage=choice(document, (*path, "zero_usage"), ZERO_USAGE, zero),
    )
    in_bounds(document, (*path, "minimum"), found.minimum, found.maximum)
    in_bounds(document, (*path, "per_transaction_minimum"), found.transaction_minimum, found.transaction_maximum)
    return found


def _meter(document: Document, path: tuple[Key, ...], name: str) -> str:
    if name == "percentage":
        return text(document, (*path, "meter"), REVENUE)
    if name == "capacity":
        return text(document, (*path, "meter"), "capacity")
    return text(document, (*path, "meter"))


def _unit_price(document: Document, path: tuple[Key, ...], name: str) -> Decimal:
    if name != "percentage":
        return amount(document, (*path, "unit_price"), ZERO)
    value = document.at(*path)
    if ("percent" in value) == ("unit_price" in value):
        raise document.error(
            "a percentage charge has either 'percent' or 'unit_price'",
            *path,
            hint='percent: "20%" and unit_price: "0.2" are the same',
        )
    return share(document, (*path, "percent")) if "percent" in value else amount(document, (*path, "unit_price"))


def _per(document: Document, path: tuple[Key, ...]) -> Decimal:
    per = amount(document, (*path, "per"), Decimal(1))
    if per < 1 or per.normalize().as_tuple().digits != (1,) or per > 10**6:
        raise document.error("'per' is 1, 10, 100, ... 1000000", *path, "per")
    return per


def _items(document: Document, path: tuple[Key, ...]) -> list[tuple[Key, ...]]:
    value = value_at(document, (*path, "tiers"), None)
    if not isinstance(value, list) or not value:
        raise document.error("expected a list of tiers", *path, "tiers")
    return [(*path, "tiers", index) for index in range(len(value))]


def _tiers(document: Document, path: tuple[Key, ...]) -> tuple[Tier, ...]:
    found: list[Tier] = []
    places = _items(document, path)
    for place in places:
        check_keys(document, place, ("up_to", "unit_price", "flat_fee"))
        tier = Tier(
            up_to=_up_to(document, place),
            unit_price=amount(document, (*place, "unit_price"), ZERO),
            flat_fee=amount(document, (*place, "flat_fee"), ZERO),
        )
        last = found[-1].up_to if found else ZERO
        _in_order(document, place, last, tier.up_to, is_last=place == places[-1])
        found.append(tier)
    return tuple(found)


def _up_to(document: Document, place: tuple[Key, ...]) -> Decimal | None:
    if "up_to" not in document.at(*place):
        raise document.error("the tier has no 'up_to'", *place, hint="write null for the last")
    return amount(document, (*place, "up_to"), None)


def _in_order(
    document: Document, place: tuple[Key, ...], below: Decimal | None, up_to: Decimal | None, *, is_last: bool
) -> None:
    if is_last and up_to is not None:
        raise document.error(
            f"nothing is said about more than {up_to:f}", *place, "up_to", hint="the last up_to is null"
        )
    if not is_last and up_to is None:
        raise document.error("only the last up_to is null: the tiers after it are never reached", *place, "up_to")
    if up_to is not None and below is not None and up_to <= below:
        raise document.error(
            f"up_to {up_to:f} is not above the {below:f} before it: the tiers overlap", *place, "up_to"
        )


def _size(document: Document, path: tuple[Key, ...]) -> Decimal:
    size = amount(document, path)
    if not size or size != round(size, 6):
        raise document.error("a size is above zero and has six decimals at most", *path)
    return size


def _blocks(document: Document, path: tuple[Key, ...]) -> tuple[Block, ...]:
    """Tiers of blocks; what exceeds the last is priced like the last, whatever its `max_blocks`."""
    found = []
    places = _items(document, path)
    for place in places:
        check_keys(document, place, ("block_size", "max_blocks", "price"))
        most: Any = value_at(document, (*place, "max_blocks"), None)
        if most is None and place != places[-1]:
            raise document.error("only the last max_blocks is null", *place, "max_blocks")
        if most is not None and not integer(document, (*place, "max_blocks"), 0):
            raise document.error("a tier has one block at least", *place, "max_blocks")
        found.append(
            Block(
                size=_size(document, (*place, "block_size")),
                price=amount(document, (*place, "price")),
                most=None if place == places[-1] else most,
            )
        )
    return tuple(found)


def _steps(document: Document, path: tuple[Key, ...], meter: str) -> tuple[Step, ...]:
    """Sizes of a capacity plan: limits by meter, or `up_to` of the charge's own."""
    found = []
    places = _items(document, path)
    below: Decimal | None = ZERO
    for place in places:
        check_keys(document, place, ("up_to", "limits", "flat_fee", "price"))
        value = document.at(*place)
        if ("flat_fee" in value) == ("price" in value):
            raise document.error("a size has either a 'price' or a 'flat_fee'", *place)
        last = place == places[-1]
        if "limits" in value:
            limits = quantities(document, (*place, "limits"))
            if last != (not limits):
                raise document.error("the last size has no limits, all others have some", *place, "limits")
        else:
            up_to = None if last and "up_to" not in value else _up_to(document, place)
            _in_order(document, place, below, up_to, is_last=last)
            below = up_to
            limits = {} if up_to is None else {meter: up_to}
        found.append(Step(limits=limits, price=amount(document, (*place, "price" if "price" in value else "flat_fee"))))
    return tuple(found)
