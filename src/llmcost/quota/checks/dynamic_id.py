"""An id with a placeholder.

`id: "{user}-daily-limit"` made a counter for every user until TrueFoundry 0.109 (December 2025). Now it is a plain name, and all
users share one counter.

Fix: count by user: `rate_limit_applies_per: [user]`.
"""

import re
from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Change, Problem

_HOLE = re.compile(r"\{(\w+)\}[-_]?")
_PER = {"tfy-rate-limits": "rate_limit_applies_per", "tfy-budgets": "budget_applies_per"}


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Ids with braces."""
    key = _PER.get(config.dialect_id)
    if key is None:
        return
    for limit in config.rules:
        node = limit.places.get("id")
        if node is None or (hole := _HOLE.search(node.text)) is None:
            continue
        change = None
        if not limit.node.flow and not limit.per:
            column = config.source.position((limit.node.key("id") or node).start)[1]
            name = _HOLE.sub("", node.text) or "limit"
            line = f'{config.source.line_break}{" " * (column - 1)}{key}: ["{hole[1]}"]'
            change = Change(
                title=f'add `{key}: ["{hole[1]}"]`',
                safe=False,
                edits=((node.start, node.end, f'"{name}"{line}'),),
            )
        yield Problem(
            at=node,
            message=f"`{hole[0].rstrip('-_')}` in an id is no longer filled in: all callers share one counter",
            help=f"count by it: `{key}: [{hole[1]}]`",
            rule_id=limit.id,
            change=change,
        )


check = Check(code="QD602", severity="error", of_config=find)
