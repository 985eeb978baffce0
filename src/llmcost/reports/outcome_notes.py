"""What to say about the outcomes a report rests on."""

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING

from llmcost.ledger.composition import Selection
from llmcost.ledger.keys import Key
from llmcost.ledger.metrics import Metric, outcome_names
from llmcost.ledger.outcomes import breakdowns, missing_keys, overlapping, span
from llmcost.ledger.queries import Facts

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


def about_outcomes(
    connection: "Connection",
    chosen: Selection,
    keys: Sequence[Key],
    metrics: Sequence[Metric],
    facts: Facts,
) -> tuple[str, ...]:
    """What to say about outcomes that metrics need: not there, not by these keys, or of months without any request."""
    names = outcome_names(metrics)
    found = missing_keys(connection, chosen, keys, names)
    absent = [name for name, lacking in found.items() if lacking is None]
    notes = [f"{name} is not known by {' or '.join(lacking)}" for name, lacking in found.items() if lacking]
    if absent:
        read = "`llmcost ingest --source outcomes FILE` reads some"
        notes.append(f"no outcome called {' or '.join(absent)} in this period; {read}")
    asked = {key.name for key in keys if not key.grain}
    usable = (
        [one for one in breakdowns(connection) if one.metric in names and asked <= {*one.dimensions}] if names else []
    )
    if several := overlapping(usable):
        notes.append(f"{', '.join(several)} is given by more than one set of dimensions; all of it adds up")
    days = span(connection, chosen, names)
    if days is not None and facts.first is not None and facts.last is not None:
        first, last = (
            moment.replace(tzinfo=UTC).astimezone(chosen.zone).date() for moment in (facts.first, facts.last)
        )
        if (days[0].year, days[0].month) < (first.year, first.month) or (days[1].year, days[1].month) > (
            last.year,
            last.month,
        ):
            notes.append(
                f"outcomes are of {days[0]} to {days[1]}, requests of {first} to {last}; --period compares like with like"
            )
    return tuple(notes)
