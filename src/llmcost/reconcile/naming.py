"""Which model of ours a bill's name for one means: `gpt-4o-2024-08-06`, `Claude Haiku 4.5`, `Claude4.6Opus`."""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING

from llmcost.pricing.matching import match_model

if TYPE_CHECKING:
    from llmcost.pricing.price_list import PriceList

_DATE = re.compile(r"[-@ ]?(?:20\d{6}|20\d{2}-\d{2}-\d{2})$")
_VENDOR = re.compile(
    r"^(?:(?:us|eu|apac|global|jp|au)\.)?(?:anthropic|openai|amazon|meta|mistral|google)[./]", re.IGNORECASE
)
_REVISION = re.compile(r"-v\d+(?::\d+)?$")
_PART = re.compile(r"[a-z]+|\d+")


class ModelNames:
    """Translates the names of bills into those of a ledger."""

    def __init__(self, prices: "PriceList", logged: Collection[tuple[str | None, str]]) -> None:
        """`logged` is provider and model of what the ledger holds."""
        self._prices = prices
        self._logged = logged
        self._known = lru_cache(maxsize=None)(self._found)

    def of(self, provider: str | None, name: str, on: date) -> str:
        """The ledger's name: as the price list has it; else the one logged or listed name made of the same words; else as is."""
        return self._known(provider, name, on)

    def _found(self, provider: str | None, name: str, on: date) -> str:
        match = match_model(self._prices, provider, name, at=datetime.combine(on, time(12), tzinfo=UTC))
        if match is not None:
            return match.model.name
        wanted = _words(name)
        logged = {model for owner, model in self._logged if provider in (None, owner) and _words(model) == wanted}
        if len(logged) == 1:
            return logged.pop()
        listed = {
            model.name
            for model in self._prices.models.values()
            if provider in (None, model.provider) and wanted in {_words(known) for known in model.names}
        }
        return listed.pop() if len(listed) == 1 else name


def _words(name: str) -> tuple[str, ...]:
    """The words and numbers of a name, in no order: bills write `Claude4.6Opus` for `claude-opus-4-6`."""
    bare = _REVISION.sub("", _DATE.sub("", _VENDOR.sub("", name.strip().lower())))
    return tuple(sorted(_PART.findall(_DATE.sub("", bare))))
