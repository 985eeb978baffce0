"""OpenRouter's suffixes of a model's name: one costs nothing by definition, the others leave the price open.

`:free` is the variant of a model that is offered without cost (https://openrouter.ai/docs/guides/routing/model-variants/free).
`:floor`, `:nitro` and `:exacto` choose among the providers of a model, each at a price of its own, and `:online` searches the web
for a fee (https://openrouter.ai/announcements/introducing-nitro-and-floor-price-shortcuts,
https://openrouter.ai/docs/guides/features/plugins/web-search). `:thinking`, `:extended` and the like are entries of the price
list or unknown.
"""

from __future__ import annotations

from llmcost.domain.providers import HOSTS
from llmcost.pricing.price_list import Model, Price

PROVIDER = "openrouter"
SOURCE = "openrouter-free"
"""Key of the page that says so in a price list's sources."""

_PREFIX = f"{PROVIDER}/"
_FREE = ":free"
_OPEN = {
    ":floor": "only OpenRouter knows the provider that :floor chose",
    ":nitro": "only OpenRouter knows the provider that :nitro chose",
    ":exacto": "only OpenRouter knows the provider that :exacto chose",
    ":online": "only OpenRouter knows what :online searched",
}


def free_variant(stated: str | None, name: str) -> Model | None:
    """The model a lower-case name with `:free` means where OpenRouter invoices; None for every other name."""
    bare = _routed(stated, name)
    if bare is None or not bare.endswith(_FREE):
        return None
    price = Price(
        since=None,
        until=None,
        source=SOURCE,
        free=True,
        tiers=(),
        fees={},
        variants=(),
        multipliers=(),
        free_reason="OpenRouter's :free variant",
    )
    return Model(id=f"{_PREFIX}{bare}", names=(bare,), dated=False, prices=(price,), place="")


def is_free_of(requested: str, answered: str) -> bool:
    """Whether a requested name is the answer's with `:free`; the answer may leave out the suffix, and the route before it."""
    return requested.removeprefix(_PREFIX) == f"{answered.removeprefix(_PREFIX)}{_FREE}"


def why_open(stated: str | None, name: str | None) -> str | None:
    """Why a name that no entry has cannot be priced by what it says; None where it says nothing of the kind."""
    bare = None if name is None else _routed(stated, name.strip().lower())
    return None if bare is None else next((why for suffix, why in _OPEN.items() if bare.endswith(suffix)), None)


def _routed(stated: str | None, name: str) -> str | None:
    """`vendor/model:suffix` of a call that went through OpenRouter, as the provider or the name says."""
    bare = name.removeprefix(_PREFIX)
    through = stated == PROVIDER or (bare != name and stated not in HOSTS)
    return bare if through and "/" in bare and not bare.startswith(("/", ":")) else None
