"""What a named report is: a question asked in advance, or code where a question is not enough."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost.reports.question import Question
from llmcost.reports.record import Report, Study

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What of the configuration a report may need."""

    production: Sequence[str] = ("production", "prod", "live")
    """Environments that count as production."""


Run = Callable[["Connection", Question, Surroundings], Report | Study]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One named report. What the user asks for takes the place of `by` and `metrics` and joins `where`."""

    title: str
    by: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    """Dimensions to take for the first of `by` where no request has a value for that, in this order."""
    metrics: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    run: Run | None = None
    """Code that answers the question; None: it is answered like any other."""
    fixed: bool = False
    """Whether its columns are its own: then there are no metrics to choose, no top and no comparison."""
