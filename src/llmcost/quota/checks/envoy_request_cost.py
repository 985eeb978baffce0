"""An Envoy token limit also charges one for each request.

Where the response is charged in tokens, `cost.request` must be `{from: Number, number: 0}`: its default is 1, so each call
costs a token more, and a request is charged before its tokens are known.

Fix: add `request: {from: Number, number: 0}`.
"""

from llmcost.quota.check import Check

check = Check(code="QS220", severity="warning")
