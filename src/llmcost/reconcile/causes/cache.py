"""Cached tokens billed otherwise than logged: reads as uncached input, writes for the other lifetime or as plain input."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.reconcile.cause import Cause, Reading
from llmcost.reconcile.charging import Charge

if TYPE_CHECKING:
    from llmcost.ledger.billing import LoggedUsage

_INPUT, _READ = "uncached_input_tokens", "cache_read_tokens"
_SHORT, _LONG = "cache_write_5m_tokens", "cache_write_1h_tokens"


def _moved(charge: Charge, source: str, target: str) -> Charge | None:
    """The charge with all of one quantity counted as another."""
    quantities: Mapping[str, Decimal] = charge.quantities
    count = quantities.get(source)
    if not count:
        return None
    kept = {name: number for name, number in quantities.items() if name != source}
    return replace(charge, quantities={**kept, target: kept.get(target, Decimal(0)) + count})


def _reading(slot: str, detail: str, source: str, target: str) -> Reading:
    def change(_: "LoggedUsage", charge: Charge) -> Charge | None:
        return _moved(charge, source, target)

    return Reading(slot=slot, detail=detail, change=change)


def _readings(usages: Sequence["LoggedUsage"]) -> Sequence[Reading]:
    return (
        _reading("cache read", "cached input billed as uncached", _READ, _INPUT),
        _reading("cache write", "5-minute cache writes billed at the 1-hour price", _SHORT, _LONG),
        _reading("cache write", "1-hour cache writes billed at the 5-minute price", _LONG, _SHORT),
        _reading("cache write", "5-minute cache writes billed as uncached input", _SHORT, _INPUT),
    )


cause = Cause(title="Prompt cache", readings=_readings)
