"""Replaying the ledger's history against limits: who would have been throttled, when, by which rule."""
