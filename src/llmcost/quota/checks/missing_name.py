"""A TrueFoundry config without a `name:`.

It is not in the type definitions, yet applying the file fails with "Manifest does not have a name field".

Fix: add `name:`.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Change, Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """The config without a name."""
    kind = config.root.get("type")
    if not config.dialect_id.startswith("tfy-") or config.name is not None or kind is None:
        return
    key = config.root.key("type") or kind
    name = "budgets" if "budget" in kind.text else "rate-limits"
    change = None
    if not config.root.flow:
        line = f"name: {name}{config.source.line_break}"
        change = Change(title=f"add `name: {name}`", safe=True, edits=((key.start, key.start, line),))
    yield Problem(at=key, message="the config has no `name`, and cannot be applied without", change=change)


check = Check(code="QS204", severity="error", of_config=find)
