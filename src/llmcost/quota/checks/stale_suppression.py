"""A comment that silences nothing.

The finding it was for is gone, or its code is misspelt. Left in place it would hide the next one.

Fix: remove it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.domain.rules import means
from llmcost.quota.check import Check
from llmcost.quota.problem import Change, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from llmcost.config.nodes import Text
    from llmcost.domain.suppression import Suppression


def stale(text: Text, comments: Sequence[Suppression], ran: Collection[str]) -> Iterator[Problem]:
    """Comments none of whose codes were of use, among the checks that ran."""
    for comment in comments:
        looked = [word for word in comment.words if _is_one_of(ran, word) or not _exists(word)]
        idle = [word for word in looked if word not in comment.used]
        if not comment.words:
            yield _problem(text, comment, "this comment names no check, so it silences nothing", whole=True)
        elif idle:
            names = ", ".join(idle)
            unknown = [word for word in idle if not _exists(word)]
            why = f"no check is called {unknown[0]}" if unknown else f"{names} finds nothing here"
            whole = len(idle) == len(comment.words)
            yield _problem(text, comment, f"this comment silences nothing: {why}", whole=whole)


def _exists(word: str) -> bool:
    from llmcost.quota.check import all_checks

    return _is_one_of(all_checks(), word)


def _is_one_of(codes: Collection[str], word: str) -> bool:
    from llmcost.quota.check import all_checks

    return any(means(word, code, all_checks()[code][0]) for code in codes)


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
