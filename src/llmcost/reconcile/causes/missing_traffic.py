"""Traffic that was billed and is not in the log.

Named where no request was logged for what was billed, where the logs break off for longer than they usually do, or where the
bill counts more tokens than the log at the very price we compute.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.reconcile.cause import Cause, Evidence

if TYPE_CHECKING:
    from llmcost.reconcile.rows import Row


def _claims(row: "Row", rest: Decimal, evidence: Evidence) -> str | None:
    if rest <= 0:
        return None
    if not evidence.requests_that_day(row):
        return "billed, and no request logged in that time"
    if row.key.model is not None and not evidence.requests(row):
        return "billed, and no request of the model logged in that time"
    if evidence.has_gap(row):
        return "the logs break off in that time"
    quantity = row.quantity
    logged = evidence.logged_quantity(row)
    if (
        quantity is not None
        and 0 < logged < quantity
        and abs(row.billed * logged - row.logged * quantity) <= row.tolerance * logged
    ):
        return "more billed than logged, at the price computed"
    return None


cause = Cause(title="Missing traffic", claims=_claims, precedence=30)
