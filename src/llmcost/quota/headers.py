"""How a config was understood, in a line; and where the choice of semantics matters for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.quota.matching import meet
from llmcost.quota.semantics import OTHER_READING, PROFILES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.quota.config import Config

_MOST_COMPARED = 200
"""Rules up to which every pair is looked at for a note."""


def header(config: Config) -> str:
    """Such as `budgets.yaml: TrueFoundry budgets V1, 3 rules; semantics tfy-v1-budget: the first rule ...`."""
    count = plural(len({limit.rule for limit in config.limits}), "rule")
    read = config.semantics
    return printable(f"{config.source.name}: {config.dialect.title}, {count}; semantics {read.name}: {read.text}")


def reading_notes(config: Config) -> Iterator[str]:
    """Where TrueFoundry's own pages read the same file in two ways that differ for it."""
    first_match = config.semantics.decides == "first"
    other = OTHER_READING.get(config.semantics.name) if first_match else config.dialect.semantics
    rules = config.rules[:_MOST_COMPARED]
    if other is None or not config.dialect.ordered or config.semantics.name not in OTHER_READING:
        return
    pairs = [
        (first, second)
        for place, first in enumerate(rules)
        for second in rules[place + 1 :]
        if meet(first.match, second.match) is not False
    ]
    if not pairs:
        return
    first, second = pairs[0]
    more = f", and {plural(len(pairs) - 1, 'more pair')}" if len(pairs) > 1 else ""
    one, all_ = (config.semantics.name, other) if first_match else (other, config.semantics.name)
    yield printable(
        f"{config.source.name}: a request can match both `{first.label}` and `{second.label}`{more}: under {one} only the first"
        f" of them can refuse it, under {all_} each can; `--semantics {other}` checks the other reading"
        f" ({PROFILES[other].source})"
    )
