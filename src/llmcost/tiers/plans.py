"""Reading a file of plans: strict, with the line of whatever is wrong.

    plans:
      - id: pro
        price: "299"
        included: {total: 5000000}
        charges: [{meter: total, model: per_unit, unit_price: "0.06", per: 1000}]

Only `id`, `price` and `charges` are required of a plan.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.config.yaml import Document, Key, check_keys, read_document
from llmcost.tiers.amounts import amount, choice, in_bounds, integer, items, mapping, quantities, share, text
from llmcost.tiers.charge import read_charge
from llmcost.tiers.plan import (
    MEASURES,
    MODES,
    PRORATIONS,
    ROUND_AT,
    ZERO,
    ZERO_USAGE,
    Discount,
    EfficiencyDiscount,
    Plan,
    Plans,
    Rounding,
)

if TYPE_CHECKING:
    from pathlib import Path

_TOP = (
    "plans",
    "rounding",
    "zero_usage",
    "package_minimum",
    "proration",
    "assign",
    "current",
    "meters",
)
_PLAN = (
    "id",
    "name",
    "price",
    "period",
    "kind",
    "charges",
    "included",
    "limits",
    "discounts",
    "efficiency_discount",
    "minimum",
    "maximum",
    "credits",
)
PERIODS = ("month", "day", "week", "quarter", "year")
KINDS = ("paid", "freemium", "trial")
_BANDS = "bands: [{better_than: 75%, percent: 10%}]"


def read_plans(path: Path) -> Plans:
    """The plans of a file; ConfigError with line and column when it cannot be read or says something unknown."""
    return plans_of(read_document(path))


def plans_of(document: Document) -> Plans:
    """The plans of a document; ConfigError as above."""
    if not isinstance(document.value, dict):
        raise document.error("expected a mapping with `plans:`")
    check_keys(document, (), _TOP)
    listed = document.value.get("plans")
    if not isinstance(listed, list) or not listed:
        raise document.error("expected a list of plans", "plans", hint="plans: [{id, price, charges}]")
    zero = choice(document, ("zero_usage",), ZERO_USAGE, "charge_first_flat")
    least = integer(document, ("package_minimum",), 0)
    plans = tuple(_plan(document, ("plans", index), zero, least) for index in range(len(listed)))
    for index, plan in enumerate(plans):
        if plan.id in {other.id for other in plans[:index]}:
            raise document.error(f"plan {plan.id!r} is there twice", "plans", index, "id")
    assign = {str(customer): str(plan) for customer, plan in mapping(document, ("assign",)).items()}
    current = document.value.get("current")
    ids = [plan.id for plan in plans]
    for customer, id_ in assign.items():
        if id_ not in ids:
            raise document.error(f"no plan has the id {id_!r}", "assign", customer, hint=f"plans: {', '.join(ids)}")
    if current is not None and current not in ids:
        raise document.error(f"no plan has the id {current!r}", "current", hint=f"plans: {', '.join(ids)}")
    return Plans(
        path=document.name,
        plans=plans,
        rounding=_rounding(document),
        proration=choice(document, ("proration",), PRORATIONS, "none"),
        assign=assign,
        current=current,
        meters=_meters(document),
    )


def _meters(document: Document) -> dict[str, dict[str, Decimal]]:
    """The weights of each weighted meter."""
    found = {name: quantities(document, ("meters", name)) for name in mapping(document, ("meters",))}
    for name, weights in found.items():
        for meter in weights:
            if meter in found:
                raise document.error(
                    f"{meter!r} is weighted itself", "meters", name, meter, hint="weigh what it is made of"
                )
    return found


def _rounding(document: Document) -> Rounding:
    """`rounding: half_even`, or a mapping of mode, places and at."""
    value = document.value.get("rounding")
    if isinstance(value, dict):
        check_keys(document, ("rounding",), ("mode", "places", "at"))
        places = integer(document, ("rounding", "places"), 2)
        if places > 12:
            raise document.error("more than 12 places is more than any amount has", "rounding", "places")
        return Rounding(
            mode=choice(document, ("rounding", "mode"), MODES, "half_up"),
            places=places,
            at=choice(document, ("rounding", "at"), ROUND_AT, "line"),
        )
    return Rounding(mode=choice(document, ("rounding",), MODES, "half_up"))


def _plan(document: Document, path: tuple[Key, ...], zero: Any, least: int) -> Plan:
    check_keys(document, path, _PLAN)
    value = document.at(*path)
    for key in ("id", "price", "charges"):
        if key not in value:
            raise document.error(f"the plan has no {key!r}", *path, hint="id, price and charges are required")
    id_ = text(document, (*path, "id"))
    charges = items(document, (*path, "charges"), "charges", "write [] for none")
    found = Plan(
        id=id_,
        name=text(document, (*path, "name"), id_),
        price=amount(document, (*path, "price")),
        period=choice(document, (*path, "period"), PERIODS, "month"),
        kind=choice(document, (*path, "kind"), KINDS, "paid"),
        charges=tuple(read_charge(document, place, zero, least) for place in charges),
        included=quantities(document, (*path, "included")),
        limits=quantities(document, (*path, "limits")),
        discounts=tuple(
            _discount(document, place)
            for place in items(document, (*path, "discounts"), "discounts", 'discounts: [{percent: "5%"}]')
        ),
        efficiency=None
        if value.get("efficiency_discount") is None
        else _efficiency(document, (*path, "efficiency_discount")),
        minimum=amount(document, (*path, "minimum"), None),
        maximum=amount(document, (*path, "maximum"), None),
        credits=amount(document, (*path, "credits"), ZERO),
    )
    in_bounds(document, (*path, "minimum"), found.minimum, found.maximum)
    return found


def _discount(document: Document, path: tuple[Key, ...]) -> Discount:
    check_keys(document, path, ("percent", "amount", "meter"))
    value = document.at(*path)
    if ("percent" in value) == ("amount" in value):
        raise document.error("a discount has either a percent or an amount", *path)
    return Discount(
        share=share(document, (*path, "percent"), most=Decimal(1)) if "percent" in value else ZERO,
        amount=amount(document, (*path, "amount"), ZERO),
        meter=text(document, (*path, "meter")) if "meter" in value else None,
    )


def _efficiency(document: Document, path: tuple[Key, ...]) -> EfficiencyDiscount:
    check_keys(document, path, ("measure", "bands"))
    bands = []
    for place in items(document, (*path, "bands"), "bands", _BANDS):
        check_keys(document, place, ("better_than", "percent"))
        for key in ("better_than", "percent"):
            if key not in document.at(*place):
                raise document.error(f"the band has no {key!r}", *place)
        bands.append(
            (
                share(document, (*place, "better_than"), most=Decimal(1)),
                share(document, (*place, "percent"), most=Decimal(1)),
            )
        )
    if not bands:
        raise document.error("no bands", *path, hint=_BANDS)
    return EfficiencyDiscount(
        measure=choice(document, (*path, "measure"), MEASURES, "cost_per_request"),
        bands=tuple(sorted(bands, reverse=True)),
    )
