"""An exception that another rule takes back.

TrueFoundry V2 applies every manifest that matches. An override that allows a user more has no effect while another manifest,
which also matches the user, allows less: by what it says of everybody, or by an override of its own.

Fix: leave the user out of the other manifest with `not_in`.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._scopes import families, holds, places
from llmcost.quota.config import Config
from llmcost.quota.matching import covers
from llmcost.quota.problem import Problem


def find(configs: tuple[Config, ...], known: Known) -> Iterator[tuple[Config, Problem]]:
    """Overrides above what another manifest allows."""
    for family in families(configs):
        limits = [pair for config in family for pair in places(config)]
        for config, limit in limits:
            if limit.base is None or limit.amount is None:
                continue
            for other_config, other in limits:
                if (
                    (other_config, other.rule) != (config, limit.rule)
                    and other.mode == "enforce"
                    and other.amount is not None
                    and other.amount < limit.amount
                    and (other.unit, other.window) == (limit.unit, limit.window)
                    and set(other.per) <= set(limit.per)
                    and covers(other.match, limit.match) is True
                    and holds(other_config, other, limit.match, other.amount)
                ):
                    yield (
                        config,
                        Problem(
                            at=limit.place("amount"),
                            message=f"this override has no effect: `{other.label}` ({other_config.source.name}) matches too and"
                            f" allows {other.amount:,f}",
                            help="leave these callers out of it with `not_in`",
                            rule_id=limit.id,
                        ),
                    )
                    break


check = Check(code="QC504", severity="warning", of_all=find)
