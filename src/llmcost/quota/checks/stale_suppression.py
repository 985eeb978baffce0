"""A comment that silences nothing.

The finding it was for is gone, or its code is misspelt. Left in place it would hide the next one.

Fix: remove it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.check import Check
from llmcost.quota.problem import Change, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from llmcost.config.nodes import Text
    from llmcost.domain.suppression import Suppression


def stale(text: Text, comments: Sequence[Suppression], ran: Collection[str]) -> Iterator[Problem]:
    """Comments none of whose codes were of use, among the checks that ran."""
    for comment in comments:
        looked = [code for code in comment.codes if any(one.startswith(code) for one in ran) or not _exists(code)]
        idle = [code for code in looked if code not in comment.used]
        if not comment.codes:
            yield _problem(text, comment, "this comment names no check, so it silences nothing", whole=True)
        elif idle:
            names = ", ".join(idle)
            unknown = [code for code in idle if not _exists(code)]
            why = f"no check is called {unknown[0]}" if unknown else f"{names} finds nothing here"
            whole = len(idle) == len(comment.codes)
            yield _problem(text, comment, f"this comment silences nothing: {why}", whole=whole)


def _exists(code: str) -> bool:
    from llmcost.quota.check import all_checks

    return any(one.startswith(code) for one in all_checks())


def _problem(text: Text, comment: Suppression, message: str, *, whole: bool) -> Problem:
    start, end = comment.start, comment.end
    line, column = text.position(start)
    before = text.lines[line - 1][: column - 1]
    if before.strip():
        first = start - (len(before) - len(before.rstrip()))
        change = Change(title="remove the comment", safe=True, edits=((first, end, ""),))
    else:
        last = text.starts[line] if line < len(text.starts) else len(text.text)
        change = Change(title="remove the comment", safe=True, edits=((text.starts[line - 1], last, ""),))
    return Problem(at=(start, end), message=message, help="remove it", change=change if whole else None)


check = Check(code="QX901", severity="warning")
