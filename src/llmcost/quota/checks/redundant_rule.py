"""A limit that another, tighter one always reaches first.

Where every rule that matches must allow a request, a rule is without effect when another matches at least the same requests,
counts them into the same or fewer counters, over the same window, and allows no more. Where overrides let some callers have more
than the tighter one, the looser one may be what stops them; a rule with overrides of its own is not judged.

Fix: delete the looser one.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._scopes import families, holds, places, tighter
from llmcost.quota.config import Config
from llmcost.quota.limit import Limit
from llmcost.quota.problem import Problem

_MOST = 1_000


def find(configs: tuple[Config, ...], known: Known) -> Iterator[tuple[Config, Problem]]:
    """Limits that cannot bind."""
    for family in families(configs):
        limits = [pair for config in family for pair in places(config) if pair[1].base is None][:_MOST]
        excepted = {id(config) for config in family if any(one.base is not None for one in config.limits)}
        kinds: dict[object, list[tuple[Config, Limit]]] = {}
        for pair in limits:
            kinds.setdefault((pair[1].unit, pair[1].counted, pair[1].window), []).append(pair)
        for group in kinds.values():
            yield from _redundant(group, excepted)


def _redundant(group: list[tuple[Config, Limit]], excepted: set[int]) -> Iterator[tuple[Config, Problem]]:
    """`excepted` are the configs with overrides."""
    for place, (config, limit) in enumerate(group):
        if limit.amount is None or id(config) in excepted:
            continue
        for other_place, (other_config, other) in enumerate(group):
            if other is limit or not tighter(other, limit) or (other_place > place and tighter(limit, other)):
                continue
            if id(other_config) in excepted and not holds(other_config, other, limit.match, limit.amount):
                continue
            where = "" if other_config is config else f" in {other_config.source.name}"
            yield (
                config,
                Problem(
                    at=limit.place("id", "amount"),
                    message=f"`{limit.label}` can never bind: `{other.label}`{where} covers the same requests and allows no more",
                    help="delete the looser of the two",
                    rule_id=limit.id,
                    related=((other.place("id", "amount"), "the tighter one"),) if other_config is config else (),
                ),
            )
            break


check = Check(code="QR404", severity="warning", of_all=find)
