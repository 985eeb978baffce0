"""A key that a config must have is missing.

The gateway refuses the whole file, or leaves the rule out.

Fix: add the key.
"""

from llmcost.quota.check import Check

check = Check(code="QS202", severity="error")
