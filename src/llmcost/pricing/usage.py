"""Quantities as a person types them: `input=1000,cache_read=200,output=50`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.domain.text import nearest
from llmcost.pricing.units import QUANTITIES, SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable

_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")


def parse_usage(texts: Iterable[str]) -> dict[str, Decimal]:
    """Quantities by unit of the price list, times in seconds; a unit may be named as the ledger's column too.

    So `audio_hour=0.5` and `audio_seconds=1800` are the same.

    They are disjoint: `input` is what was neither read from a cache nor written to one. Raises UsageError.
    """
    units = {name: unit for unit, column in QUANTITIES.items() for name in (unit, column)}
    found: dict[str, Decimal] = {}
    for text in texts:
        for part in text.split(","):
            name, equals, number = (one.strip() for one in part.partition("="))
            if not equals or not _NUMBER.fullmatch(number):
                raise UsageError(f"cannot read {part.strip()!r} as a quantity", hint="write input=1000,output=50")
            unit = units.get(name)
            if unit is None:
                raise UsageError(
                    f"unknown quantity {name!r}", hint=nearest(name, units) or f"use {', '.join(QUANTITIES)}"
                )
            if unit in found:
                raise UsageError(f"{name!r} is given twice")
            if "." in number and unit not in SECONDS:
                raise UsageError(f"{name} is counted in whole numbers, not {number}")
            found[unit] = Decimal(number) * (SECONDS.get(unit, 1) if name == unit else 1)
    return found
