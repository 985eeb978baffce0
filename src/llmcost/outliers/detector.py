"""What a detector is: which columns it needs, where it stands when savings overlap, and the function that looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llmcost.outliers.finding import Finding
    from llmcost.outliers.traffic import Traffic

Overlap = Literal[
    "duplicate", "retry", "error", "leak", "dead", "cache", "tier", "routing", "prompt", "context", "none"
]
"""Whose saving counts first where several claim the same request; later ones only save on what is left."""


class NotEvaluable(Exception):  # noqa: N818  it is an answer, not a failure
    """The traffic lacks what a detector needs; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One entry of the registry."""

    title: str
    """One sentence: the pattern it finds."""
    find: Callable[[Traffic], Iterable[Finding]]
    """Raises NotEvaluable."""
    overlap: Overlap = "none"
    needs: tuple[str, ...] = ()
    """Columns some request must have a value in."""
    moves: tuple[str, ...] = ()
    """Dimensions of its scope that acting on a finding changes; before and after are compared without them."""
    calls: str = "true"
    """SQL that is true of the rows of `waste_row` a finding is about, also once it was acted on."""
    ends: bool = False
    """Whether acting on a finding may end its calls altogether."""
