"""Moving a rule above another in the text, lines as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.problem import Change

if TYPE_CHECKING:
    from llmcost.config.nodes import Node, Text
    from llmcost.quota.config import Config
    from llmcost.quota.limit import Limit


def moved_above(config: Config, later: Limit, first: Limit) -> Change | None:
    """The lines of one rule put above another's; None where rules do not stand on lines of their own."""
    rules = config.root.get("rules")
    if rules is None or rules.kind != "sequence" or rules.flow:
        return None
    blocks = _blocks(rules, config.source)
    if blocks is None:
        return None
    start, end = blocks[later.rule]
    above = blocks[first.rule][0]
    whole = config.source.text
    before = whole[:start]
    blank = before[len(before.rstrip()) :].count("\n") > 1
    text = whole[start:end].rstrip("\r\n") + ("\n\n" if blank else "\n")
    if blank and not whole[end:].strip():
        # The last rule takes the blank line above it along; one below it there is none.
        start = len(before.rstrip()) + 1
    return Change(
        title=f"move `{later.label}` above `{first.label}`", safe=False, edits=((above, above, text), (start, end, ""))
    )


def _blocks(rules: Node, source: Text) -> list[tuple[int, int]] | None:
    """Span of whole lines of each rule, up to the next."""
    starts = []
    for item in rules.items:
        line, column = source.position(item.start)
        before = source.lines[line - 1][: column - 1]
        if before.strip() != "-":
            return None
        starts.append(source.starts[line - 1])
    last, _ = source.position(max(rules.items[-1].end - 1, 0))
    end = source.starts[last] if last < len(source.starts) else len(source.text)
    return list(zip(starts, [*starts[1:], end], strict=True))
