"""Capacity, which is charged by the hour or the month, whatever is called."""

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.reconcile.cause import Cause, Evidence
from llmcost.reconcile.rows import CAPACITY

if TYPE_CHECKING:
    from llmcost.reconcile.rows import Row


def _claims(row: "Row", rest: Decimal, evidence: Evidence) -> str | None:
    return "charged for capacity, in no request's cost" if row.key.token_class == CAPACITY and rest > 0 else None


cause = Cause(title="Capacity", claims=_claims, precedence=5)
