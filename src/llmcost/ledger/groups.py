"""A group of requests with the values of its metrics, made of a row of a query."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from llmcost.ledger.keys import Key
from llmcost.ledger.metrics import Metric
from llmcost.ledger.outcomes import Sums

Number = Decimal | int | float
Identity = tuple[tuple[str | None, ...], bool]

_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_PLACES = Decimal(1).scaleb(-12)
_NUMBERS = (Decimal, int, float)
_EXACT_KINDS = {"money", "count", "tokens"}

Place = int | str
"""The place of a value among the cells of a row, or the name of the outcome it is the sum of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One row of a report."""

    keys: tuple[str | None, ...]
    other: bool
    """Whether it stands for every group outside the top."""
    values: dict[str, Number | None]

    @property
    def identity(self) -> Identity:
        """What tells this row from the others."""
        return self.keys, self.other


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Values that do not come from the aggregates over requests."""

    peaks: dict[str, dict[Identity, Number | None]] = field(default_factory=dict)
    outcomes: Mapping[str, Sums] = field(default_factory=dict)


def values_of(metrics: Sequence[Metric]) -> list[str]:
    """The columns that the metrics are made of, as text where `_exact_text` says so."""
    return [
        f"cast({expression} as varchar) as value_{index}" if as_text else f"{expression} as value_{index}"
        for index, (expression, as_text) in enumerate(aggregates(metrics))
    ]


def aggregates(metrics: Sequence[Metric]) -> list[tuple[str, bool]]:
    """The aggregates over requests that the metrics are made of, in the order of their places, and whether they come as text."""
    return [
        (part.sql, _exact_text(metric) is not None)
        for metric in metrics
        if not metric.peak
        for part in metric.parts
        if part.sql is not None
    ]


def _exact_text(metric: Metric) -> Callable[[str], Number] | None:
    """What makes a number of the text in which a metric is fetched; None where it comes as a number.

    DuckDB takes five times as long to hand over its wide integers and decimals as it takes to write them down.
    """
    if metric.of_total:
        return Decimal
    if metric.peak or metric.denominator is not None or metric.kind not in _EXACT_KINDS:
        return None
    return Decimal if metric.kind == "money" else int


def places_of(metrics: Sequence[Metric]) -> list[tuple[Metric, list[Place]]]:
    """Each metric with the places of its value and, of a ratio, of its divisor; none where it is a peak."""
    places: list[tuple[Metric, list[Place]]] = []
    count = 0
    for metric in metrics:
        found: list[Place] = []
        for part in () if metric.peak else metric.parts:
            found.append(count if part.outcome is None else part.outcome)
            count += part.outcome is None
        places.append((metric, found))
    return places


def groups_of(
    rows: Sequence[tuple[Any, ...]],
    width: int,
    places: Sequence[tuple[Metric, Sequence[Place]]],
    beside: Beside,
    total: dict[str, Number | None],
) -> list[Group]:
    """A group of each row, whose first `width` cells are keys. Made by the column: there may be thousands of rows."""
    columns = list(zip(*rows, strict=True))
    if not columns:
        return []
    texts = [[None if key is None else str(key) for key in column] for column in columns[:width]]
    keys: list[tuple[str | None, ...]] = list(zip(*texts, strict=True)) if width else [()] * len(rows)
    row_counts, _, others = columns[-3:]
    identities = list(zip(keys, map(bool, others), strict=True))

    def numbers(place: Place) -> list[Number | None]:
        if isinstance(place, str):
            sums = beside.outcomes.get(place, {})
            return [sums.get(identity) for identity in identities]
        return [value if isinstance(value, _NUMBERS) else None for value in columns[width + place]]

    def values(metric: Metric, own: Sequence[Place]) -> Sequence[Number | None]:
        if not own:
            peaks = beside.peaks.get(metric.name, {})
            return [peaks.get(identity) for identity in identities]
        exact = _exact_text(metric)
        if exact is not None and isinstance(own[0], int):
            found = [None if text is None else exact(text) for text in columns[width + own[0]]]
        else:
            found = numbers(own[0])
        if metric.of_total:
            return [_ratio(value, total.get("cost"), metric) for value in found]
        if len(own) > 1:
            return [_ratio(value, divisor, metric) for value, divisor in zip(found, numbers(own[1]), strict=True)]
        return found

    names = [metric.name for metric, _ in places]
    cells = zip(*(values(metric, own) for metric, own in places), strict=True) if places else iter([()] * len(rows))
    groups = [
        Group(keys=key, other=other, values=dict(zip(names, row, strict=True)))
        for (key, other), row in zip(identities, cells, strict=True)
    ]
    for group, count in zip(groups, row_counts, strict=True):
        if not count:
            for metric, _ in places:
                if group.values[metric.name] is None and metric.additive:
                    group.values[metric.name] = Decimal(0) if metric.kind == "money" else 0
    return groups


def sorted_groups(groups: Sequence[Group], keys: Sequence[Key]) -> list[Group]:
    """In the order of `_order`."""
    leading = next((index for index, key in enumerate(keys) if not key.grain), len(keys))

    def place(group: Group) -> tuple[object, ...]:
        texts = [(text is None, text or "") for text in group.keys]
        cost = group.values.get("cost")
        by_cost = (cost is None, -(cost or 0)) if not leading else ()
        return *texts[:leading], group.other, *by_cost, *texts[leading:]

    return sorted(groups, key=place)


def _ratio(numerator: Number | None, denominator: Number | None, metric: Metric) -> Number | None:
    """Money is divided as Decimal and rounded half-even to 12 places, anything else as its nearest float."""
    if numerator is None or not denominator or (metric.minimum is not None and denominator < metric.minimum):
        return None
    if isinstance(numerator, float) or isinstance(denominator, float):
        return float(numerator) * metric.times / float(denominator)
    if metric.kind == "money":
        return _EXACT.divide(Decimal(numerator) * metric.times, Decimal(denominator)).quantize(_PLACES, context=_EXACT)
    # Python divides whole numbers of any size to the nearest float.
    (above, under), (other_above, other_under) = numerator.as_integer_ratio(), denominator.as_integer_ratio()
    return (above * other_under * metric.times) / (under * other_above)
