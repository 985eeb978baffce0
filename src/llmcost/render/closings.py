"""The list of closed periods, for people and as JSON `llmcost/closings/1`."""

from collections.abc import Sequence
from datetime import datetime

from llmcost.allocation.closing import Closing, stated
from llmcost.domain.printable import printable
from llmcost.render.cells import Grid
from llmcost.render.chargeback_words import amount
from llmcost.render.drawing import drawn
from llmcost.render.json import dumped
from llmcost.render.numbers import plain
from llmcost.render.surface import Surface
from llmcost.reports.record import Column

_COLUMNS = (
    Column(name="period", title="Period", kind="text", role="key"),
    Column(name="by", title="By", kind="text", role="key"),
    Column(name="amount", title="Amount", kind="money", role="metric"),
    Column(name="closed", title="Closed", kind="date", role="key"),
    Column(name="state", title="State", kind="text", role="key"),
    Column(name="hash", title="SHA-256", kind="text", role="key"),
    Column(name="note", title="Note", kind="text", role="key"),
)


def closings_table(found: Sequence[Closing], surface: Surface) -> str:
    """A row for each, ending in a line break."""
    rows = tuple(
        (
            one.label,
            printable(one.by),
            amount(stated(one), one.allocation),
            f"{one.closed_at:%Y-%m-%d}",
            "closed" if one.reopened_at is None else f"reopened {one.reopened_at:%Y-%m-%d}",
            one.hash[:16],
            printable("; ".join(note for note in (one.note, one.reopen_note) if note)),
        )
        for one in found
    )
    cells = Grid(columns=_COLUMNS, headings=tuple(one.title for one in _COLUMNS), rows=rows, totals=None)
    return f"{drawn(cells, surface, ('hash', 'note'))}\n"


def closings_json(found: Sequence[Closing]) -> str:
    """The document, ending in a line break."""
    shape = {
        "schema": "llmcost/closings/1",
        "closings": [
            {
                "by": one.by,
                "label": one.label,
                "period": {
                    "since": one.allocation.since,
                    "until": one.allocation.until,
                    "tz": one.allocation.zone,
                },
                "currency": one.allocation.currency,
                "amount": plain(stated(one)),
                "closed_at": _moment(one.closed_at),
                "note": one.note,
                "hash": one.hash,
                "reopened_at": _moment(one.reopened_at),
                "reopen_note": one.reopen_note,
            }
            for one in found
        ],
    }
    return f"{dumped(shape)}\n"


def _moment(instant: datetime | None) -> str | None:
    return None if instant is None else f"{instant.replace(tzinfo=None).isoformat()}Z"
