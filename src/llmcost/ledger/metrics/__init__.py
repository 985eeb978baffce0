"""What can be measured about a group of requests: one SQL aggregate over `request` per file.

`calls` is how many requests a row stands for, null where an export does not count them: what is divided by requests is only of
rows that count them. `unpriced_calls` and `estimated_calls` are those that count at it as such, and `cost_known` is true where
the cost of all passes of its call is. Rows of exports have no `part`.
A body of two expressions parted by a line with a single `/` is a ratio of aggregates, divided exactly after the query;
`denominator: total` divides by the total of the whole report instead. `peak: minute` takes the largest value of any minute.
`additive: yes` means the values of disjoint groups add up. An expression in braces, such as `{revenue}`, is the sum of the outcomes called so; those are of days and of the dimensions
their source gave, so that it has a value only where a report asks for no other. `minimum: 10` leaves a ratio without a value
where its divisor is less, and `times: 1000` tells it of a thousand.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from llmcost.ledger import registry

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One side of a ratio, or all of a metric that is none."""

    sql: str | None = None
    """An aggregate over requests."""
    outcome: str | None = None
    """Or the name of the outcome it is the sum of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric, taken apart into the aggregates a query computes."""

    name: str
    title: str
    kind: registry.Kind
    meaning: str
    additive: bool
    numerator: str
    denominator: str | None
    """SQL of what the numerator is divided by."""
    of_total: bool
    """Whether the denominator is taken over the whole report."""
    peak: bool
    """Whether the value is the largest of any minute."""
    minimum: Decimal | None = None
    """The least divisor a ratio is told for."""
    times: int = 1
    """How many of what it divides by a ratio is told of."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """What a row's value is computed from: its numerator, and its own denominator if it has one."""
        divided = self.denominator is not None and not self.of_total
        return tuple(map(_part, [self.numerator, *([self.denominator] if divided else [])]))


def outcome_names(metrics: Iterable[Metric]) -> tuple[str, ...]:
    """The outcomes that some metrics are made of, each once."""
    return tuple(dict.fromkeys(part.outcome for one in metrics for part in one.parts if part.outcome is not None))


def metric_names() -> tuple[str, ...]:
    """Every metric, in order."""
    return registry.names(_FOLDER)


def metric(name: str) -> Metric:
    """The metric called `name`, one of `metric_names()`."""
    expression = registry.load(_FOLDER, name)
    numerator, _, denominator = expression.sql.partition("\n/\n")
    return Metric(
        name=name,
        title=expression.title,
        kind=expression.kind,
        meaning=expression.meaning,
        additive=expression.notes["additive"] == "yes",
        numerator=numerator,
        denominator=denominator or None,
        of_total=expression.notes.get("denominator") == "total",
        peak="peak" in expression.notes,
        minimum=Decimal(expression.notes["minimum"]) if "minimum" in expression.notes else None,
        times=int(expression.notes.get("times", "1")),
    )


def _part(expression: str | None) -> Part:
    if expression is not None and expression.startswith("{"):
        return Part(outcome=expression.strip().strip("{}"))
    return Part(sql=expression)
