"""What requests can be grouped and filtered by: one SQL expression over `request` per file.

A dimension yields text; null is unattributed. A grain has `grain: yes`, may use `local_time` (the start in the reporting
time zone), `utc_offset` (the interval between the two) and `offset_since` (when that began to hold, UTC), and yields a sortable key whose text is its `text:` line,
where {key} stands for the key and {offset} and {suffix} for the zone's offset at that key, as interval and as text.
"""

from pathlib import Path

from llmcost.ledger import registry

_FOLDER = Path(__file__).parent

GRAINS = ("hour", "day", "week", "month", "quarter", "year")
"""The dimensions that are spans of time, the shortest first."""


def dimension_names() -> tuple[str, ...]:
    """Every dimension, in order."""
    return registry.names(_FOLDER)


def dimension(name: str) -> registry.Expression:
    """The dimension called `name`, one of `dimension_names()`."""
    return registry.load(_FOLDER, name)
