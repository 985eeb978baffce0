"""The charge models, one file each: the file name is what `model:` says.

A module has `KEYS` (what a charge of it may say beyond what all may), `REQUIRED`, `pieces` (the exact lines of a quantity) and
`expressions` (the same lines as SQL, for a whole ledger at once). Every line is a quantity times a unit price.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from llmcost.tiers.exact import Exact
    from llmcost.tiers.plan import Charge

    Columns = Callable[[str], Exact]
    """A meter's quantity beyond what the plan includes, as SQL."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One line of a charge."""

    tier: int | None
    """Counted from 1; None where a charge has no tiers."""
    quantity: Decimal
    unit_price: Decimal
    per: Decimal


class Model(Protocol):
    """What a module of this package offers."""

    KEYS: frozenset[str]
    REQUIRED: frozenset[str]

    def pieces(self, charge: Charge, usage: Mapping[str, Decimal]) -> list[Piece]:
        """The lines for what is used beyond what the plan includes."""

    def expressions(self, charge: Charge, columns: Columns) -> list[Exact]:
        """SQL of the amount of each line that can occur."""


@cache
def models() -> tuple[str, ...]:
    """Every model, in order."""
    return tuple(sorted(one.name for one in pkgutil.iter_modules(__path__) if not one.name.startswith("_")))


@cache
def model(name: str) -> Model:
    """The model called `name`, one of `models()`."""
    return cast("Model", importlib.import_module(f"{__name__}.{name}"))
