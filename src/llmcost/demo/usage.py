"""How many tokens a call takes and how long it lasts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from llmcost.demo.call import Usage
from llmcost.demo.chance import sized, spread

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from llmcost.demo.workloads import Workload

_CACHE_BLOCK = 128
_CACHE_MINIMUM = 1024
# Microseconds until the first token and per output token.
_PACE = {
    "openai/gpt-4o-mini": (310_000, 7_000),
    "openai/gpt-4o": (480_000, 12_000),
    "openai/text-embedding-3-small": (60_000, 0),
    "anthropic/claude-sonnet-4-5": (900_000, 15_000),
    "anthropic/claude-haiku-4-5": (450_000, 7_000),
    "gemini/gemini-2.5-flash": (520_000, 5_000),
}
_OWN_PACE = (140_000, 11_000)


def draw_usage(rng: Random, workload: Workload, model: str, *, appetite: float, turn: int) -> Usage:
    """Token counts for one call; `turn` is 0 for the first call of a session."""
    history = min(turn, 40) * workload.per_turn
    fresh = sized(rng, workload.typical_input * appetite)
    prompt = workload.prefix + history + fresh
    if model.endswith("embedding-3-small"):
        return Usage(prompt=sized(rng, 24 * appetite))
    completion = sized(rng, workload.typical_output)
    stable = workload.prefix + history
    match model.partition("/")[0]:
        case "openai":
            # The provider caches by itself, in blocks, and not every call lands on a warm machine.
            warm = stable >= _CACHE_MINIMUM and rng.random() < (0.78 if turn else 0.35)
            read = stable // _CACHE_BLOCK * _CACHE_BLOCK if warm else 0
            return Usage(prompt=prompt, completion=completion, cache_read=read)
        case "anthropic":
            reasoning = completion * rng.randrange(2, 7) // 10 if rng.random() < 0.2 else 0
            if stable < _CACHE_MINIMUM:
                return Usage(prompt=prompt, completion=completion, reasoning=reasoning)
            # A first call writes the prefix; later ones read what was there and write what the last turn added.
            read = stable - workload.per_turn if turn else 0
            return Usage(
                prompt=prompt,
                completion=completion,
                cache_read=read,
                cache_write_5m=stable - read,
                reasoning=reasoning,
            )
        case "gemini":
            reasoning = sized(rng, 180) if rng.random() < 0.6 else 0
            read = fresh * 6 // 10 if fresh > 2_048 and rng.random() < 0.25 else 0
            return Usage(prompt=prompt, completion=completion + reasoning, cache_read=read, reasoning=reasoning)
        case _:
            return Usage(prompt=prompt, completion=completion)


def draw_times(
    rng: Random, started_at: datetime, model: str, usage: Usage, *, stream: bool
) -> tuple[datetime, datetime]:
    """When the first token came and when the call ended; one moment unless streamed."""
    first, per_token = _PACE.get(model, _OWN_PACE)
    waited = timedelta(microseconds=int(first * spread(rng)) + usage.prompt * 12)
    wrote = timedelta(microseconds=int(usage.completion * per_token * (0.7 + 0.6 * rng.random())))
    ended_at = started_at + waited + wrote
    return (started_at + waited if stream else ended_at), ended_at
