"""What can be measured about a group of requests: one SQL aggregate over `request` per file.

`calls` is how many requests a row stands for. A body of two expressions parted by a line with a single `/` is a ratio of
aggregates, divided exactly after the query; `denominator: total` divides by the total of the whole report instead.
`peak: minute` takes the largest value of any minute. `additive: yes` means the values of disjoint groups add up.
"""

from dataclasses import dataclass
from pathlib import Path

from llmcost.ledger import registry

_FOLDER = Path(__file__).parent


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
    )
