"""Models that were logged and have no price, so that nothing was computed for what is billed."""

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.reconcile.cause import Cause, Evidence

if TYPE_CHECKING:
    from llmcost.reconcile.rows import Row


def _claims(row: "Row", rest: Decimal, evidence: Evidence) -> str | None:
    if rest > 0 and not row.logged and 0 < evidence.unpriced(row) >= evidence.requests(row):
        return "the price list has no price for the model"
    return None


cause = Cause(title="Unpriced model", claims=_claims, precedence=10)
