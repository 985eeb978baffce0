"""A boolean stands where text is meant.

`no`, `off`, `on` and `yes` are booleans in YAML 1.1, so `environment: no` compares a request's environment with `false` and
never matches.

Fix: quote it.
"""

from llmcost.quota.check import Check

check = Check(code="QY102", severity="error")
