"""More keys to count by than the gateway takes.

TrueFoundry rate limits take two, its budgets one.

Fix: split the rule.
"""

from llmcost.quota.check import Check

check = Check(code="QS210", severity="error")
