"""What is charged beside the requests, said below a report: it is in no request's cost."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from llmcost.domain.exact import EXACT, total
from llmcost.domain.fx import rate_on
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
        return _with(connection, question, document, prices)
    if isinstance(document, Overview):
        return replace(document, total=_with(connection, question, document.total, prices))
    return document


def _with(connection: "Connection", question: Question, report: Report, prices: "PriceList") -> Report:
    from llmcost.pricing.charges import billed_note, charge_lines, days_billed

    period, zone = question.period, question.zone
    billed = days_billed(connection, prices, period, zone=zone) if report.basis == "exports" else {}
    report = replace(report, notes=(*report.notes, *billed_note(billed)))
    turns = [day for day, _ in question.rates[1:]]
    lines = charge_lines(connection, prices, period, zone=zone, turns=turns, billed=billed)
    if not question.rates:
        return replace(report, charges=total(line.amount for line in lines))
    used = [rate_on(question.rates, line.first_day) for line in lines]
    amounts = (EXACT.multiply(line.amount, rate) for line, (_, rate) in zip(lines, used, strict=True))
    return replace(report, charges=total(amounts), rates=tuple(sorted({*report.rates, *used})))
