"""Numbered migrations, applied once in a transaction."""
