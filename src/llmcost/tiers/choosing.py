"""Which plan a customer is on in a month, as SQL over the bills of all plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from llmcost.ledger.identifiers import quote_literal
from llmcost.tiers.exact import exact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost.tiers.exact import Exact
    from llmcost.tiers.plan import Plan

Policy = Literal["assigned", "smallest_covering", "cheapest_for_customer"]
POLICIES: tuple[Policy, ...] = get_args(Policy)


def chosen(plans: Sequence[Plan], bills: Sequence[str], policy: Policy, meters: Sequence[Mapping[str, Exact]]) -> str:
    """The number of the plan a policy puts a row on; `assigned` reads the column `assigned_to`, smallest_covering where null.

    Nobody can take a plan whose limits are below what was used; where that is all of them, it is the dearest.
    """
    if policy == "cheapest_for_customer":
        open_ = [_within(plan, bill, known) for plan, bill, known in zip(plans, bills, meters, strict=True)]
        least = f"least({', '.join(open_)})"
        cases = " ".join(f"when {bill} = {least} then {index}" for index, bill in enumerate(open_))
        dearest = max(range(len(plans)), key=lambda index: (plans[index].price, index))
        return f"case {cases} else {dearest} end"
    covering = _smallest(plans, meters)
    return f"coalesce(assigned_to, {covering})" if policy == "assigned" else covering


def _within(plan: Plan, bill: str, meters: Mapping[str, Exact]) -> str:
    """The bill; null where the gateway would have refused what was used."""
    terms = [meters[meter].at_most(exact(limit)) for meter, limit in plan.limits.items()]
    return f"case when {' and '.join(terms)} then {bill} end" if terms else bill


def _smallest(plans: Sequence[Plan], meters: Sequence[Mapping[str, Exact]]) -> str:
    """The cheapest plan made for what was used; the dearest where none is."""
    order = sorted(range(len(plans)), key=lambda index: (plans[index].price, index))
    cases = []
    for index in order:
        terms = [meters[index][meter].at_most(exact(limit)) for meter, limit in plans[index].covers.items()]
        cases.append(f"when {' and '.join(terms) or 'true'} then {index}")
    return f"case {' '.join(cases)} else {order[-1]} end"


def named(plans: Sequence[Plan], column: str) -> str:
    """The number of the plan whose id a column holds; null for any other text."""
    cases = " ".join(f"when {quote_literal(plan.id)} then {index}" for index, plan in enumerate(plans))
    return f"case {column} {cases} end"


def of_plan(bills: Sequence[str], column: str) -> str:
    """The bill of the plan whose number a column holds."""
    return f"case {column} {' '.join(f'when {index} then {bill}' for index, bill in enumerate(bills))} end"
