"""An override without one of the periods of the rule it overrides.

A TrueFoundry V2 override replaces all periods at once. With `limits: {cost_per_day: 100}` over a base that has a day and a month,
the month's cap is gone for those callers.

Fix: repeat the period in the override.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.limit import Limit
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Overrides that lose a period."""
    overrides: dict[int, list[Limit]] = {}
    for limit in config.limits:
        if limit.base is not None:
            overrides.setdefault(id(limit.node), []).append(limit)
    for group in overrides.values():
        base = [one for one in config.limits if one.base is None and one.rule == group[0].rule]
        kept = {(one.unit, one.window) for one in group}
        lost = [one for one in base if (one.unit, one.window) not in kept]
        if lost:
            names = " and ".join(
                f"{one.amount:,f} {_unit(one)} per {one.window.name}" for one in lost if one.amount is not None
            )
            yield Problem(
                at=group[0].place("limits"),
                message=f"an override replaces all periods: the cap of {names} is gone for these callers",
                help="repeat it in the override",
                rule_id=group[0].id,
                related=tuple((one.place("amount"), "the cap that is lost") for one in lost),
            )


def _unit(limit: Limit) -> str:
    return "dollars" if limit.unit == "cost" else limit.unit.replace("_", " ")


check = Check(code="QC505", severity="warning", of_config=find)
