"""What a report is asked, and which rows of the ledger that selects."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from llmcost.domain.period import Period
from llmcost.ledger import queries
from llmcost.ledger.composition import Basis, Selection
from llmcost.ledger.conditions import conditions

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_ALWAYS = Period()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is asked."""

    by: tuple[str, ...] = ()
    """Dimensions, tags and spans of time, outermost first."""
    where: tuple[str, ...] = ()
    """Conditions, all of which must hold."""
    metrics: tuple[str, ...] = ()
    """Which metrics people see; none for the usual ones."""
    period: Period = _ALWAYS
    zone: tzinfo = UTC
    basis: Basis | None = None
    """None: requests if the period has any, else exports."""
    compare: bool = False
    """Whether to compare with the period before."""
    top: int | None = None
    limit: int | None = None
    currency: str = "USD"


def selection(connection: "Connection", question: Question) -> Selection:
    """The rows a question is about; UsageError for a condition on an unknown key."""
    basis = question.basis
    if basis is None:
        basis = (
            "requests" if queries.has_requests(connection, question.period) else _fallback(connection, question.period)
        )
    return Selection(
        period=question.period,
        zone=question.zone,
        basis=basis,
        conditions=conditions(connection, question.where),
    )


def _fallback(connection: "Connection", period: Period) -> Basis:
    """Exports, unless there are none either."""
    return "exports" if queries.has_exports(connection, period) else "requests"
