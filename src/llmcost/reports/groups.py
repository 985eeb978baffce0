"""The rows of a report as code reads them: keys on one side, a number by name on the other."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from llmcost.ledger.registry import Kind
from llmcost.reports.question import Question
from llmcost.reports.record import Cell, Column, Report, Row


def key_column(name: str, title: str, kind: Kind = "text") -> Column:
    """A column that says which row it is."""
    return Column(name=name, title=title, kind=kind, role="key")


def number_column(name: str, title: str, kind: Kind) -> Column:
    """A column that says something of it."""
    return Column(name=name, title=title, kind=kind, role="metric")


def change_column(name: str, title: str, kind: Kind) -> Column:
    """A number whose sign matters."""
    return Column(name=name, title=title, kind=kind, role="change")


def whole(question: Question) -> Question:
    """The question about every group, whatever of the answer is shown."""
    return replace(question, limit=None, top=None, compare=False)


def keys_of(report: Report, row: Row) -> tuple[str | None, ...]:
    """The values a row is grouped by."""
    return tuple(None if cell is None else str(cell) for cell in row.cells[: len(report.by)])


def label_of(keys: tuple[str | None, ...]) -> str:
    """One name for a group of several keys."""
    return " / ".join("-" if key is None else key for key in keys)


def amounts(report: Report, name: str) -> Iterator[tuple[tuple[str | None, ...], Decimal | None]]:
    """The keys of every row and one of its numbers, exactly."""
    place = [column.name for column in report.columns].index(name)
    for row in report.rows:
        yield keys_of(report, row), exact(row.cells[place])


def total_of(report: Report, name: str) -> Decimal:
    """One number over all rows; 0 where nothing is known of it."""
    place = [column.name for column in report.columns].index(name)
    return exact(report.totals[place]) or Decimal(0)


def exact(cell: Cell) -> Decimal | None:
    """A number of a report as the Decimal it is."""
    return None if cell is None or isinstance(cell, str) else Decimal(cell)
