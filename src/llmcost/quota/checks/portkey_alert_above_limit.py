"""A Portkey policy whose alert comes after its limit.

`alert_threshold` must be below `credit_limit`; otherwise the first notice is the outage.

Fix: lower the threshold.
"""

from llmcost.quota.check import Check

check = Check(code="QS219", severity="error")
