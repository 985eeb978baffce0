"""Rewriting a gateway's limits for another generation of it."""
