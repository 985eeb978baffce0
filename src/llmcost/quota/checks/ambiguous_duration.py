"""A duration that means something else than it looks like.

In LiteLLM `1m` is a minute and `1mo` a month; `30min` is 30 minutes for a provider, because the rest is not looked at, and a
reset every midnight for any other budget; `1M` and `30 days` are errors. In Bifrost `1m` is a minute and `1M` a month.

Fix: write what you mean: `1mo` or `60s` for LiteLLM, `1M` or `60s` for Bifrost.
"""

from llmcost.quota.check import Check

check = Check(code="QS215", severity="warning")
