"""An Envoy rate limit charges by a metadata key that nothing writes.

`cost.response.metadata.key` must be a `metadataKey` of `llmRequestCosts` in an AIGatewayRoute of the same file. Otherwise
every response costs nothing and the limit never binds.

Fix: add the key to `llmRequestCosts`, or mend the spelling.
"""

from llmcost.quota.check import Check

check = Check(code="QS216", severity="error")
