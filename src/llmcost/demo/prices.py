"""What the imaginary gateway believes the models cost.

A gateway reports floats, so these are floats on purpose: the rounding noise in its `spend` is part of the log.
llmcost's own prices live in the pricing layer and are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost.demo.call import Usage

UNKNOWN_MODEL = "acme-internal/support-7b"
"""A fine-tune served in-house: no price list knows it, so the gateway claims it is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayPrice:
    """USD per token; cache writes cost extra only where the provider charges them."""

    provider: str
    input: float
    output: float = 0.0
    cache_read: float = 0.0
    cache_write_5m: float = 0.0
    cache_write_1h: float = 0.0


GATEWAY_PRICES = {
    "openai/gpt-4o-mini": GatewayPrice(provider="openai", input=1.5e-07, output=6e-07, cache_read=7.5e-08),
    "openai/gpt-4o": GatewayPrice(provider="openai", input=2.5e-06, output=1e-05, cache_read=1.25e-06),
    "openai/text-embedding-3-small": GatewayPrice(provider="openai", input=2e-08),
    "anthropic/claude-sonnet-4-5": GatewayPrice(
        provider="anthropic",
        input=3e-06,
        output=1.5e-05,
        cache_read=3e-07,
        cache_write_5m=3.75e-06,
        cache_write_1h=6e-06,
    ),
    "anthropic/claude-haiku-4-5": GatewayPrice(
        provider="anthropic", input=1e-06, output=5e-06, cache_read=1e-07, cache_write_5m=1.25e-06, cache_write_1h=2e-06
    ),
    "gemini/gemini-2.5-flash": GatewayPrice(provider="gemini", input=3e-07, output=2.5e-06, cache_read=3e-08),
    UNKNOWN_MODEL: GatewayPrice(provider="hosted_vllm", input=0.0),
}


def gateway_cost(model: str, usage: Usage) -> tuple[float, float]:
    """Input and output cost in USD, added up in floats the way the gateway does."""
    price = GATEWAY_PRICES[model]
    uncached = usage.prompt - usage.cache_read - usage.cache_write_5m - usage.cache_write_1h
    input_cost = (
        float(uncached) * price.input
        + float(usage.cache_read) * price.cache_read
        + float(usage.cache_write_5m) * price.cache_write_5m
        + float(usage.cache_write_1h) * price.cache_write_1h
    )
    return input_cost, float(usage.completion) * price.output
