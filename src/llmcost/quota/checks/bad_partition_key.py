"""A key that requests cannot be counted by.

Requests are counted by `user`, `model`, `virtualaccount` or `metadata.KEY`. Anything else is refused, or gives one counter
for everybody. Our own `limits:` count by a column of a request or `tags.KEY`; one that counts by something else is not replayed.

Fix: write `metadata.tenant_id`, not `tenant_id`.
"""

from llmcost.quota.check import Check

check = Check(code="QS209", severity="error")
