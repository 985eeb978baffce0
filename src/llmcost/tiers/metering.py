"""What was used, by the meters a plan knows: weighted meters such as AI credits are computed from others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost.tiers.plan import REVENUE, ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from llmcost.tiers.plan import Plan, Plans


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """Quantities by meter, and the meters among them that a plan does not charge."""

    usage: dict[str, Decimal]
    unknown: tuple[str, ...]


def metered(file: Plans, plan: Plan, usage: Mapping[str, Decimal], revenue_base: Decimal | None = None) -> Metered:
    """The quantities a plan charges for: those given, weighted meters computed from them, and the revenue base.

    The base is the meter `revenue`, and that of any percentage charge for whose meter no quantity is given.
    """
    found = dict(usage)
    for name, weights in file.meters.items():
        if name not in found and any(meter in usage for meter in weights):
            found[name] = sum((usage.get(meter, ZERO) * weight for meter, weight in weights.items()), ZERO)
    if revenue_base is not None:
        found.setdefault(REVENUE, revenue_base)
        for charge in plan.charges:
            if charge.model == "percentage":
                found.setdefault(charge.meter, revenue_base)
    weighed = {meter for name in plan.meters for meter in file.meters.get(name, ())}
    known = {*plan.meters, *weighed, *file.meters, REVENUE}
    return Metered(usage=found, unknown=tuple(name for name in usage if name not in known))
