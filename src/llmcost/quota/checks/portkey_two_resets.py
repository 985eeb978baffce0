"""A Portkey policy with two resets.

`periodic_reset` and `periodic_reset_days` exclude each other.

Fix: keep one.
"""

from llmcost.quota.check import Check

check = Check(code="QS218", severity="error")
