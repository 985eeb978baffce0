"""A value that is none of those a key may have, such as a unit.

`request_per_day` and `requests_per_month` are no units of TrueFoundry; the file is refused.

Fix: write the nearest known value. For a longer window than there is a unit for, use a budget.
"""

from llmcost.quota.check import Check

check = Check(code="QS205", severity="error")
