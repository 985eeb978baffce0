"""A processing tier other than the logged one: batch at the standard price, standard at the batch price, flex, priority."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from llmcost.pricing.rates import STANDARD
from llmcost.reconcile.cause import Cause, Reading
from llmcost.reconcile.charging import Charge

if TYPE_CHECKING:
    from llmcost.ledger.billing import LoggedUsage

_OFFERED = ("flex", "priority")


def _plain(value: str | None) -> bool:
    return (value or "").strip().lower() in STANDARD


def _is_batch(charge: Charge) -> bool:
    context = charge.context
    return not _plain(context.processing) or (context.service_tier or "").lower() in {"batch", "batches"}


def _batch_at_standard(_: "LoggedUsage", charge: Charge) -> Charge | None:
    if not _is_batch(charge):
        return None
    return replace(charge, context=replace(charge.context, processing=None, service_tier=None))


def _tier_at_standard(_: "LoggedUsage", charge: Charge) -> Charge | None:
    if _is_batch(charge) or _plain(charge.context.service_tier):
        return None
    return replace(charge, context=replace(charge.context, service_tier=None))


def _standard_at_batch(_: "LoggedUsage", charge: Charge) -> Charge | None:
    if _is_batch(charge) or not _plain(charge.context.service_tier):
        return None
    return replace(charge, context=replace(charge.context, processing="batch", service_tier=None))


def _standard_at(tier: str) -> Reading:
    def change(_: "LoggedUsage", charge: Charge) -> Charge | None:
        if _is_batch(charge) or not _plain(charge.context.service_tier):
            return None
        return replace(charge, context=replace(charge.context, service_tier=tier))

    return Reading(slot="standard tier", detail=f"standard calls billed at the {tier} price", change=change)


def _readings(usages: Sequence["LoggedUsage"]) -> Sequence[Reading]:
    return (
        Reading(slot="batch", detail="batch calls billed at the standard price", change=_batch_at_standard),
        Reading(
            slot="service tier", detail="flex or priority calls billed at the standard price", change=_tier_at_standard
        ),
        Reading(slot="standard tier", detail="standard calls billed at the batch price", change=_standard_at_batch),
        *(_standard_at(tier) for tier in _OFFERED),
    )


cause = Cause(title="Processing tier", readings=_readings)
