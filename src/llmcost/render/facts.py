"""The numbers that stand beside a table, as lines for people and as JSON."""

from collections.abc import Sequence

from llmcost.domain.printable import printable
from llmcost.render.numbers import human, machine
from llmcost.render.visible import width
from llmcost.reports.record import Fact


def fact_lines(facts: Sequence[Fact], currency: str) -> list[str]:
    """One fact a line, the values below one another."""
    titles = [printable(fact.title) for fact in facts]
    size = max(map(width, titles), default=0)
    return [
        f"{title}{' ' * (size - width(title))}  {human(fact.value, fact.kind, currency)}"
        for title, fact in zip(titles, facts, strict=True)
    ]


def fact_values(facts: Sequence[Fact]) -> dict[str, str | int | float | None]:
    """The facts by name, as JSON holds them."""
    return {fact.name: machine(fact.value, fact.kind) for fact in facts}
