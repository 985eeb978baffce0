"""Data residency: calls billed with the uplift of a region that the log does not name, or without one that it does.

Providers that charge for a region charge 1.1 times the token prices; fees are not raised.
https://platform.claude.com/docs/en/about-claude/pricing#data-residency-pricing
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from llmcost.pricing.rates import STANDARD
from llmcost.reconcile.cause import Cause, Reading
from llmcost.reconcile.charging import Charge

if TYPE_CHECKING:
    from llmcost.ledger.billing import LoggedUsage

_REGIONS = ("us", "eu")


def _is_global(charge: Charge) -> bool:
    return (charge.context.inference_region or "").strip().lower() in STANDARD


def _billed_in(region: str) -> Reading:
    def change(_: "LoggedUsage", charge: Charge) -> Charge | None:
        if not _is_global(charge):
            return None
        return replace(charge, context=replace(charge.context, inference_region=region))

    return Reading(slot="region", detail=f"calls billed with the uplift for {region.upper()} inference", change=change)


def _billed_globally(_: "LoggedUsage", charge: Charge) -> Charge | None:
    return None if _is_global(charge) else replace(charge, context=replace(charge.context, inference_region=None))


def _readings(usages: Sequence["LoggedUsage"]) -> Sequence[Reading]:
    return (
        *(_billed_in(region) for region in _REGIONS),
        Reading(slot="region", detail="regional calls billed without an uplift", change=_billed_globally),
    )


cause = Cause(title="Inference region", readings=_readings)
