"""What a report is asked, and which rows of the ledger that selects."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.domain.fx import BASE, Rates
from llmcost.domain.period import Period
from llmcost.ledger import queries
from llmcost.ledger.composition import Basis, Selection
from llmcost.ledger.conditions import conditions
from llmcost.ledger.conversion import Conversion

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
    currency: str = BASE
    rates: Rates = ()
    """What one unit of the price list's currency is worth in `currency`; none for the price list's own."""


def selection(connection: "Connection", question: Question) -> Selection:
    """The rows a question is about; UsageError for a condition on an unknown key."""
    basis = question.basis
    if basis is None:
        basis = queries.basis_of(connection, question.period, question.zone)
    return Selection(
        period=question.period,
        zone=question.zone,
        basis=basis,
        conditions=conditions(connection, question.where),
        conversion=Conversion(currency=question.currency, rates=question.rates, zone=question.zone)
        if question.rates
        else None,
    )


def check_rates(connection: "Connection", chosen: Selection) -> None:
    """UsageError when a selected row began before the first rate it would be converted at."""
    if chosen.conversion is None:
        return
    first = queries.first_start(connection, chosen)
    if first is not None and first < chosen.conversion.first:
        day, rates = chosen.conversion.day(first), chosen.conversion.rates
        raise UsageError(
            f"no {chosen.conversion.currency} rate for {day}: the first is of {rates[0][0]}",
            hint=f"add one under fx: {chosen.conversion.currency}: in llmcost.yaml, or begin later with --since",
        )
