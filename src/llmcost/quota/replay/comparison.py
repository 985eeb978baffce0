"""Two replays side by side: who would be throttled now and was not before."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.quota.replay.record import CallerResult

if TYPE_CHECKING:
    from llmcost.quota.replay.record import Simulated


def changed(before: Simulated, after: Simulated) -> tuple[CallerResult, ...]:
    """Callers refused more or less often than before: newly refused first, then those hit harder, then those relieved."""
    old = {one.caller: one.refused for one in before.callers}
    new = {one.caller: one for one in after.callers}
    found = [
        replace(new.get(caller, CallerResult(caller=caller, refused=0, cost=Decimal(0))), before=old.get(caller, 0))
        for caller in {**old, **new}
        if (new[caller].refused if caller in new else 0) != old.get(caller, 0)
    ]
    return tuple(sorted(found, key=_order))


def _order(one: CallerResult) -> tuple[bool, int, str]:
    before = one.before or 0
    return (bool(before), before - one.refused, one.caller or "")
