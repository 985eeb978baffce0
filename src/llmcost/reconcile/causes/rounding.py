"""Amounts that the bill rounds, by line or in total."""

from llmcost.reconcile.cause import Cause

cause = Cause(title="Rounding")
