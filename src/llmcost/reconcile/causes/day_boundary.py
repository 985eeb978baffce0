"""Days that the bill counts in another time zone than UTC."""

from llmcost.reconcile.cause import Cause

cause = Cause(title="Day boundary")
