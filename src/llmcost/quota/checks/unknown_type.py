"""A config whose `type:` is missing or unknown.

Nothing else in it can be checked, and the gateway refuses it.

Fix: write one of the known types.
"""

from llmcost.quota.check import Check

check = Check(code="QS201", severity="error")
