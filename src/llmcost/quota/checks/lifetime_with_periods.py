"""A lifetime budget beside periodic ones.

The type definitions of truefoundry-sdk 0.6.0 say that `cost_lifetime` excludes the others; TrueFoundry's own guide says that
any combination is allowed.

Fix: give the lifetime cap a manifest of its own.
"""

from llmcost.quota.check import Check

check = Check(code="QB555", severity="warning")
