"""A comment silences a finding and does not say why.

The next reader has to find out again whether it is meant.

Fix: write the reason after the bracket: `# llmcost: ignore[QL301] kill switch`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.check import Check
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from llmcost.config.nodes import Text
    from llmcost.domain.suppression import Suppression


def unreasoned(text: Text, comments: Sequence[Suppression], ran: Collection[str]) -> Iterator[Problem]:
    """Comments without a reason."""
    for comment in comments:
        if not comment.reason:
            yield Problem(
                at=(comment.start, comment.end),
                message="this comment does not say why",
                help="write the reason after the bracket",
            )


check = Check(code="QX902", severity="warning", pedantic=True)
