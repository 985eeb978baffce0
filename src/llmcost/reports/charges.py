"""What is charged beside the requests, said below a report: it is in no request's cost."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from llmcost.domain.exact import EXACT, total
from llmcost.pricing.user_files import user_files
from llmcost.reports.question import Question
from llmcost.reports.record import Overview, Report, Study

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.pricing.price_list import PriceList

Document = TypeVar("Document", Report, Overview, Study, Report | Overview | Study)


def with_charges(connection: "Connection", question: Question, document: Document, pricing: Sequence[Path]) -> Document:
    """The document with the charges of its period, if price files name any and it is about all requests."""
    if question.where or not (pricing or user_files()):
        return document
    from llmcost.pricing.charges import list_with_charges

    prices = list_with_charges(pricing)
    if prices is None:
        return document
    if isinstance(document, Report):
        return replace(document, charges=_sum(connection, question, prices))
    if isinstance(document, Overview):
        whole = replace(document.total, charges=_sum(connection, question, prices))
        return replace(document, total=whole)
    return document


def _sum(connection: "Connection", question: Question, prices: "PriceList") -> Decimal:
    from llmcost.pricing.charges import charge_lines

    lines = charge_lines(connection, prices, question.period)
    if not question.rates:
        return total(line.amount for line in lines)
    amounts = []
    for line in lines:
        _, rate = max((one for one in question.rates if one[0] <= line.first_day), default=question.rates[0])
        amounts.append(EXACT.multiply(line.amount, rate))
    return total(amounts)
