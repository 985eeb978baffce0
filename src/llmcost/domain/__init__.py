"""Frozen records and words everybody shares; no I/O."""
