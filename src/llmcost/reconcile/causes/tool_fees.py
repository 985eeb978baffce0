"""Fees for tools, such as web searches, that the log does not show.

Named where a line of the bill is for such units and none was logged, or where what is left of a row is a whole number of fees.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.reconcile.cause import Cause, Evidence
from llmcost.reconcile.rows import UNITS

if TYPE_CHECKING:
    from llmcost.reconcile.rows import Row

_SURE = Decimal(1000)
"""How many times finer than the fee amounts must be known for a whole number of fees to be no accident."""


def _claims(row: "Row", rest: Decimal, evidence: Evidence) -> str | None:
    if rest <= 0 or row.key.token_class not in {UNITS, None} or not evidence.requests_that_day(row):
        return None
    if row.key.token_class == UNITS and not row.logged:
        return "fees billed for tool calls that no log shows"
    fee = evidence.fee(row, "web_search")
    if not fee or row.tolerance * _SURE > fee:
        return None
    count = (rest / fee).to_integral_value()
    if count and abs(rest - count * fee) <= row.tolerance:
        return "fees billed for more web searches than logged"
    return None


cause = Cause(title="Tool fees", claims=_claims, precedence=20)
