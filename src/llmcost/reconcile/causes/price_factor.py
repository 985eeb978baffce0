"""A constant factor between bill and list price: a contract discount, a surcharge, a list price that changed."""

from llmcost.reconcile.cause import Cause

cause = Cause(title="Price")
