"""What is doubtful in a file of plans: bills that fall as use grows, use that nobody pays for, plans nobody should take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from llmcost.config.yaml import Document, Key, read_document
from llmcost.domain.errors import ConfigError
from llmcost.tiers.invoice import invoice
from llmcost.tiers.plan import ZERO
from llmcost.tiers.plans import plans_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal
    from pathlib import Path

    from llmcost.tiers.plan import Charge, Plan, Plans

_PLACE = re.compile(r":(?P<line>[0-9]+):(?P<column>[0-9]+): ")


@dataclass(frozen=True, slots=True, kw_only=True)
class TierFinding:
    """One thing found in a file of plans."""

    code: str
    severity: Literal["error", "warning"]
    path: str
    line: int
    """1-based, as is the column."""
    column: int
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cliff:
    """A quantity beyond which a charge jumps."""

    tier: int
    """The tier that begins there, from 1."""
    meter: str
    quantity: Decimal
    below: Decimal
    """What is charged for exactly that quantity."""
    above: Decimal
    """What is charged for ever so little more."""


def lint_plans(path: Path) -> list[TierFinding]:
    """Everything found, by place; an error is what keeps the file from being read. ConfigError when there is no such file."""
    try:
        document = read_document(path)
        plans = plans_of(document)
    except ConfigError as error:
        if not path.is_file():
            raise
        return [_unreadable(error, path)]
    found = [*_cliffs(document, plans), *_unpaid(document, plans), *_dominated(document, plans)]
    return sorted(found, key=lambda one: (one.line, one.column, one.code))


def cliffs(plan: Plan, charge: Charge) -> list[Cliff]:
    """Every use at which the amount of a volume charge is not continuous, or that of block_volume or capacity falls."""
    found = []
    for place, (meter, quantity, below, above) in enumerate(_ends(charge), start=2):
        # A customer pays what the bounds make of it.
        before, after = _bounded(charge, below), _bounded(charge, above)
        if after < before or (charge.model == "volume" and after != before):
            free = plan.included.get(meter, ZERO) + (charge.free_units if meter == charge.meter else ZERO)
            found.append(Cliff(tier=place, meter=meter, quantity=quantity + free, below=before, above=after))
    return found


def _ends(charge: Charge) -> Iterator[tuple[str, Decimal, Decimal, Decimal]]:
    """The end of every tier but the last, what is charged for exactly that, and for ever so little more.

    Of a size with several limits, it is that of the first.
    """
    if charge.model == "volume":
        for one, other in pairwise(charge.tiers):
            quantity = one.up_to or ZERO
            yield (
                charge.meter,
                quantity,
                quantity * one.unit_price / charge.per + one.flat_fee,
                quantity * other.unit_price / charge.per + other.flat_fee,
            )
    elif charge.model == "block_volume":
        top = ZERO
        for block, other_block in pairwise(charge.blocks):
            top += (block.most or 0) * block.size
            above = (top // other_block.size + 1) * other_block.price
            yield charge.meter, top, -(-top // block.size) * block.price, above
    elif charge.model == "capacity":
        for step, other_step in pairwise(charge.steps):
            yield (*next(iter(step.limits.items())), step.price, other_step.price)


def _bounded(charge: Charge, amount: Decimal) -> Decimal:
    amount = amount if charge.maximum is None else min(amount, charge.maximum)
    return amount if charge.minimum is None else max(amount, charge.minimum)


def _cliffs(document: Document, plans: Plans) -> Iterator[TierFinding]:
    for number, plan in enumerate(plans.plans):
        for index, charge in enumerate(plan.charges):
            for cliff in cliffs(plan, charge):
                falls = cliff.above < cliff.below
                yield _finding(
                    document,
                    ("plans", number, "charges", index, "tiers", cliff.tier - 1),
                    "cliff",
                    f"beyond {cliff.quantity:,f} {cliff.meter} the charge {'falls' if falls else 'jumps'} "
                    f"from {cliff.below:f} to {cliff.above:f}",
                    "graduated tiers have no cliffs" if falls else "say so in the price list, or use graduated tiers",
                )


def _unpaid(document: Document, plans: Plans) -> Iterator[TierFinding]:
    """What is included and neither charged beyond nor limited: one large customer may cost more than all pay."""
    for number, plan in enumerate(plans.plans):
        for meter, quantity in plan.included.items():
            if meter not in plan.charged and meter not in plan.limits:
                yield _finding(
                    document,
                    ("plans", number, "included", meter),
                    "no-overage",
                    f"{plan.id} includes {quantity:,f} {meter}, and use beyond is neither charged nor limited",
                    f"add a charge on {meter}, or a limit",
                )


def _dominated(document: Document, plans: Plans) -> Iterator[TierFinding]:
    """Plans that cost as much as another one and cover less."""
    for number, plan in enumerate(plans.plans):
        for other in plans.plans:
            if other is not plan and plan.id != plans.current and _covers_more(plan, other):
                dear, cheap = (invoice(one, one.covers).total for one in (plan, other))
                if dear >= cheap:
                    yield _finding(
                        document,
                        ("plans", number, "id"),
                        "dominated-plan",
                        f"{plan.id} is no cheaper than {other.id}, which covers more",
                        "check price and included quantities of both",
                    )
                    break


def _covers_more(plan: Plan, other: Plan) -> bool:
    one, two = plan.covers, other.covers
    return (
        plan.period == other.period
        and set(one) == set(two) != set()
        and all(one[meter] <= two[meter] for meter in one)
        and one != two
    )


def _finding(document: Document, path: tuple[Key, ...], code: str, message: str, hint: str) -> TierFinding:
    line, column = document.position(*path)
    return TierFinding(
        code=code, severity="warning", path=document.name, line=line, column=column, message=message, hint=hint
    )


def _unreadable(error: ConfigError, path: Path) -> TierFinding:
    """A mistake that knows its place only in words."""
    text = error.message.removeprefix(str(path))
    match = _PLACE.match(text)
    return TierFinding(
        code="unreadable",
        severity="error",
        path=str(path),
        line=int(match["line"]) if match else 1,
        column=int(match["column"]) if match else 1,
        message=text[match.end() :] if match else text.removeprefix(": "),
        hint=error.hint,
    )
