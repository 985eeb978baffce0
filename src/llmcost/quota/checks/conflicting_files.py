"""Two configs with one type and name that say different things.

Applying replaces by name: the last one applied wins, whichever that is.

Fix: merge them, or rename one.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem


def find(configs: tuple[Config, ...], known: Known) -> Iterator[tuple[Config, Problem]]:
    """Every config after the first of its name."""
    first: dict[tuple[object, ...], Config] = {}
    for config in configs:
        node = config.root.get("name")
        if config.name is None or node is None or not config.dialect_id.startswith("tfy-"):
            continue
        other = first.setdefault((config.type, config.name, config.scope), config)
        if other is not config and _said(other) != _said(config):
            where = "above" if other.source is config.source else f"in {other.source.name}"
            yield (
                config,
                Problem(
                    at=node,
                    message=f"`{config.name}` is also defined {where}, differently; the last one applied wins",
                    help="merge them, or rename one",
                ),
            )


def _said(config: Config) -> list[object]:
    return [(one.id, one.match, one.per, one.unit, one.amount, one.window, one.mode, one.base) for one in config.limits]


check = Check(code="QC507", severity="warning", of_all=find)
