"""Which of two plans is the higher one, by their usual names."""

from __future__ import annotations

_ORDER = (
    ("free", "trial"), ("starter", "basic"), ("growth", "standard", "plus"), ("pro", "professional", "premium"),
    ("business", "scale"), ("enterprise", "ultimate"),
)  # fmt: skip
RANKS = {name: rank for rank, names in enumerate(_ORDER) for name in names}
"""From the lowest, by name in small letters."""
