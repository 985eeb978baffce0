"""Prices that changed since the ledger was rated: the price list in use now explains the bill."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from llmcost.reconcile.cause import Cause, Reading
from llmcost.reconcile.charging import Charge

if TYPE_CHECKING:
    from llmcost.ledger.billing import LoggedUsage


def _repriced(_: "LoggedUsage", charge: Charge) -> Charge | None:
    return replace(charge, repriced=True)


def _readings(usages: Sequence["LoggedUsage"]) -> Sequence[Reading]:
    return (
        Reading(
            slot="price list", detail="the ledger was rated with older prices than the list has now", change=_repriced
        ),
    )


cause = Cause(title="Price list", readings=_readings)
