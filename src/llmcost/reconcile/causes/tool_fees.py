"""Fees for tools, such as web searches, that the log does not show.

Named where a line of the bill is for such units and none was logged, or where what is left of a row is a whole number of fees
and bill or log speak of that many searches.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.reconcile.cause import Cause, Evidence
from llmcost.reconcile.rows import UNITS, is_search_fees

if TYPE_CHECKING:
    from llmcost.reconcile.rows import Row


def _claims(row: "Row", rest: Decimal, evidence: Evidence) -> str | None:
    if rest <= 0 or row.key.token_class not in {UNITS, None}:
        return None
    if not evidence.requests_that_day(row):
        return None
    if row.key.token_class == UNITS and evidence.has_gap(row):  # then it is calls that are missing, fees and all
        return None
    if row.key.token_class == UNITS and not row.logged:
        return "fees billed for tool calls that no log shows"
    if is_search_fees(row, rest, evidence.fee(row, "web_search")):
        return "fees billed for more web searches than logged"
    return None


cause = Cause(title="Tool fees", claims=_claims, precedence=20)
