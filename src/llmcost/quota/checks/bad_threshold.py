"""An alert's threshold that is no percentage from 0 to 100, or out of order.

`[0.8, 0.95]` tells somebody at 0.8 % of the budget, on the first morning of the month, and then never again.

Fix: write 80 and 95, ascending.
"""

from llmcost.quota.check import Check

check = Check(code="QS212", severity="error")
