"""How calls fail: without tokens and without cost."""

from __future__ import annotations

from llmcost.demo.call import Failure
from llmcost.demo.chance import Weighted

RATE_LIMITED = Failure(code="429", error_class="RateLimitError", message="rate limit reached for requests")
TIMED_OUT = Failure(code="408", error_class="Timeout", message="request timed out after 60 seconds")
BROKEN = Failure(code="500", error_class="InternalServerError", message="the provider had an error")
TOO_LONG = Failure(code="400", error_class="ContextWindowExceededError", message="prompt is too long")

FAILURES = Weighted(((RATE_LIMITED, 55), (BROKEN, 20), (TIMED_OUT, 15), (TOO_LONG, 10)))
FAILURE_RATE = 0.018
