"""An Envoy QuotaPolicy names a model that no route sends.

`modelName` is compared with `modelNameOverride` of the route's backends. Without an equal one the quota is silently not
applied.

Fix: set `modelNameOverride` to the same name.
"""

from llmcost.quota.check import Check

check = Check(code="QS217", severity="error")
