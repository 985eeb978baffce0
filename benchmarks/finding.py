"""What a benchmark found out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the result."""

    case: str
    what: str
    unit: str
    ours: tuple[float, ...]
    floor: tuple[float, ...]
    value: tuple[float, ...]
    """What is judged, per round: a ratio, or a difference where the goal is one."""
    goal: float | None
    """The most the median may be; None: information only."""
    kind: str = "x"
    """`x` for a ratio, else the unit of the difference."""
