"""Calls that were logged and are not on this bill: failed ones, or another account's."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.ledger.billing import ACCOUNTS
from llmcost.reconcile.cause import Cause, Evidence, Reading
from llmcost.reconcile.charging import Charge

if TYPE_CHECKING:
    from llmcost.ledger.billing import LoggedUsage
    from llmcost.reconcile.rows import Row

_NAMES = {"api_key_id": "API key", "virtual_account": "virtual account", "project": "project"}


def _uncharged(charge: Charge) -> Charge:
    return replace(charge, quantities={}, requests=0)


def _failed(usage: "LoggedUsage", charge: Charge) -> Charge | None:
    return _uncharged(charge) if usage.failed else None


def _of_account(position: int, value: str) -> Reading:
    def change(usage: "LoggedUsage", charge: Charge) -> Charge | None:
        return _uncharged(charge) if usage.accounts[position] == value else None

    kind = _NAMES[ACCOUNTS[position]]
    return Reading(slot=f"{kind} {value}", detail=f"calls of {kind} {value} are not on this bill", change=change)


def _readings(usages: Sequence["LoggedUsage"]) -> Sequence[Reading]:
    """Failed calls, and each account where there are several."""
    found = [Reading(slot="failed", detail="failed calls are not billed", change=_failed)]
    for position in range(len(ACCOUNTS)):
        values = sorted({value for usage in usages if (value := usage.accounts[position]) is not None})
        if len(values) > 1 or any(usage.accounts[position] is None for usage in usages):
            found += [_of_account(position, value) for value in values]
    return found


def _claims(row: "Row", rest: Decimal, evidence: Evidence) -> str | None:
    if rest >= 0:
        return None
    if not row.lines and not evidence.is_billed(row):
        return "logged, and nothing billed for the model or the day"
    quantity = row.quantity
    logged = evidence.logged_quantity(row)
    if (
        quantity is not None
        and 0 < quantity < logged
        and abs(row.billed * logged - row.logged * quantity) <= row.tolerance * logged
    ):
        return "more logged than billed, at the price computed"
    return None


cause = Cause(title="Logged, not billed", readings=_readings, claims=_claims, precedence=40)
