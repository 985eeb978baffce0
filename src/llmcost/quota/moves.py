"""Moving a rule above another in the text, lines as they are.

Comments on the lines directly above a rule are about it and go with it, up to a blank line. One indented deeper than the rule's dash
is part of the rule above, unless it silences a finding on the next line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmcost.domain.suppression import COMMENT
from llmcost.quota.problem import Change

if TYPE_CHECKING:
    from llmcost.config.nodes import Text
    from llmcost.quota.config import Config
    from llmcost.quota.limit import Limit

_ALIAS = re.compile(r"\*([^\s,\[\]{}]+)")


def moved_above(config: Config, later: Limit, first: Limit) -> Change | None:
    """The lines of one rule put above another's; None where they cannot be: rules on one line, an alias above its anchor."""
    source = config.source
    blocks = _blocks(config)
    if blocks is None:
        return None
    (top, stop), (target, _) = blocks[later.rule], blocks[first.rule]
    start, end, above = _index(source, top), _index(source, stop), _index(source, target)
    text = source.text[start:end]
    if any(
        f"&{found[1]}" in source.text[above:start]
        for at in source.aliases
        if start <= at < end and (found := _ALIAS.match(source.text, at))
    ):
        return None
    if not text.endswith(("\n", "\r")):
        text += source.line_break
    below = stop
    if _is_blank(source, top - 1):
        text += source.line_break
        while _is_blank(source, below):
            below += 1
        if below >= len(source.lines):
            # The last rule takes the blank lines above it along; below it there are none.
            while _is_blank(source, top - 1):
                top -= 1
    return Change(
        title=f"move `{later.label}` above `{first.label}`",
        safe=False,
        edits=((above, above, text), (_index(source, top), _index(source, below), "")),
    )


def _blocks(config: Config) -> list[tuple[int, int]] | None:
    """First line of each rule, counted from 0, and the line after its last; None where rules share lines."""
    rules, source = config.root.get("rules"), config.source
    if rules is None or rules.kind != "sequence" or rules.flow:
        return None
    dashes = []
    for item in rules.items:
        line, column = source.position(item.start)
        before = source.lines[line - 1][: column - 1]
        if before.strip() != "-":
            return None
        dashes.append((line - 1, before.index("-")))
    last, _ = source.position(max(rules.items[-1].end - 1, 0))
    tops = [_top(source, *dash) for dash in dashes]
    return [
        (top, _bottom(source, line, below, column))
        for top, below, (line, column) in zip(tops, [*tops[1:], last], dashes, strict=True)
    ]


def _top(source: Text, line: int, column: int) -> int:
    """The first of the comments directly above a rule's dash, or the dash's own line."""
    lowest = line - 1
    while (comment := _comment(source, line - 1)) is not None and (
        comment <= column or (line - 1 == lowest and COMMENT.match(source.lines[lowest], comment))
    ):
        line -= 1
    return line


def _bottom(source: Text, line: int, below: int, column: int) -> int:
    """The line after a rule's last, above `below`: blank lines and comments no deeper than its dash are between rules."""
    while below - 1 > line and (
        _is_blank(source, below - 1) or ((comment := _comment(source, below - 1)) is not None and comment <= column)
    ):
        below -= 1
    return below


def _comment(source: Text, line: int) -> int | None:
    """Where the comment begins that is all there is on a line, counted from 0."""
    words = source.lines[line].lstrip()
    column = len(source.lines[line]) - len(words)
    return column if words.startswith("#") and not source.in_scalar(source.starts[line] + column) else None


def _is_blank(source: Text, line: int) -> bool:
    return line < len(source.lines) and not source.lines[line].strip()


def _index(source: Text, line: int) -> int:
    return source.starts[line] if line < len(source.starts) else len(source.text)
