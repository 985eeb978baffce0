"""The series of a trend: values by day, week or month, or days added up month by month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from llmcost.reports.dashboard import Panel
from llmcost.reports.record import Cell, Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value and when it is of."""

    label: str
    at: int
    """Days since some day: of the calendar, or of its month."""
    value: float | None
    text: Cell
    """The exact value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a trend."""

    name: str
    column: Column
    points: tuple[Point, ...]


def series_of(panel: Panel) -> tuple[Series, ...]:
    """The lines of a trend, the one that matters first."""
    if panel.cumulative:
        return _added_up(panel)
    names = [column.name for column in panel.columns]
    found = []
    for name in (panel.measure, *panel.beside):
        index = names.index(name)
        points = [
            Point(
                label=str(row.cells[0]),
                at=day_of(str(row.cells[0])),
                value=_float(row.cells[index]),
                text=row.cells[index],
            )
            for row in panel.rows
            if row.cells[0] is not None
        ]
        found.append(Series(name=panel.columns[index].title, column=panel.columns[index], points=tuple(points)))
    return tuple(found)


def day_of(key: str) -> int:
    """The first day of `2026-11-20`, `2026-W45`, `2026-11`, `2026-Q4` or `2026`, counted from the year 1."""
    year, _, rest = key.partition("-")
    if rest.startswith("W"):
        return date.fromisocalendar(int(year), int(rest[1:]), 1).toordinal()
    if rest.startswith("Q"):
        return date(int(year), 3 * int(rest[1:]) - 2, 1).toordinal()
    month, _, day = rest.partition("-")
    return date(int(year), int(month or 1), int(day[:2] or 1)).toordinal()


def _added_up(panel: Panel) -> tuple[Series, ...]:
    """One line for each month, the latest first; a day without requests cost nothing, a month ends with its data."""
    index = [column.name for column in panel.columns].index(panel.measure)
    months: dict[str, dict[int, Decimal]] = {}
    for row in panel.rows:
        key, cost = str(row.cells[0]), row.cells[index]
        if cost is not None and not isinstance(cost, str):
            months.setdefault(key[:7], {})[int(key[8:10])] = Decimal(cost)
    found = []
    for month in sorted(months, reverse=True):
        total = Decimal(0)
        points = []
        # What was spent before the first day of the first month is not known to be nothing.
        start = min(months[month]) if month == min(months) else 1
        for day in range(start, max(months[month]) + 1):
            total += months[month].get(day, Decimal(0))
            points.append(Point(label=f"{month}-{day:02}", at=day, value=float(total), text=total))
        found.append(Series(name=month, column=panel.columns[index], points=tuple(points)))
    return tuple(found)


def largest(series: Sequence[Series]) -> float:
    """The largest value of all lines."""
    return max((point.value for one in series for point in one.points if point.value is not None), default=0.0)


def _float(value: Cell) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)
