"""An invented company whose calls, logs and exact bill all come from one seed.

The bill is worked out here, call by call, from the published prices below, apart from llmcost. Causes are planted by changing
either what is logged or what is billed; each planted cause says what it must come to.
"""

import json
import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

MILLION = Decimal(1_000_000)
SEARCH = Decimal("0.01")
FIRST = date(2026, 9, 1)

# USD per million: input, cache read, 5-minute write, 1-hour write, output.
# https://platform.claude.com/docs/en/about-claude/pricing and https://developers.openai.com/api/docs/pricing
PRICES = {
    "claude-haiku-4-5": tuple(map(Decimal, ("1", "0.1", "1.25", "2", "5"))),
    "claude-opus-4-5": tuple(map(Decimal, ("5", "0.5", "6.25", "10", "25"))),
    "gpt-5-mini": tuple(map(Decimal, ("0.25", "0.025", "0", "0", "2"))),
}
CLASSES = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it happened."""

    name: str
    at: datetime
    model: str
    tokens: tuple[int, int, int, int, int]
    """In the order of CLASSES."""
    searches: int
    batch: bool
    key: str = "key-0"
    """Which API key it was made with; only LiteLLM logs it."""

    @property
    def provider(self) -> str:
        return "openai" if self.model.startswith("gpt") else "anthropic"

    def charges(self, *, full: bool = False, long_writes: bool = False) -> dict[str, Decimal]:
        """What it is billed by token class: batch at half the price unless `full`; every write at the 1-hour price on demand."""
        rates = PRICES[self.model]
        if long_writes:
            rates = (*rates[:2], rates[3], rates[3], rates[4])
        factor = Decimal(1) if full or not self.batch else Decimal("0.5")
        found = {
            name: count * rate / MILLION * factor
            for name, count, rate in zip(CLASSES, self.tokens, rates, strict=True)
            if count
        }
        return {**found, "web_search": self.searches * SEARCH} if self.searches else found

    def cost(self, **how: bool) -> Decimal:
        return sum(self.charges(**how).values(), Decimal(0))

    def day(self, hours: int = 0) -> date:
        """The day it is billed on where days are counted in a zone of so many hours from UTC."""
        return (self.at + timedelta(hours=hours)).date()


def luck(seed: int) -> random.Random:
    """The chance that a seed gives."""
    return random.Random(seed)  # noqa: S311  a story, not a secret


def company(seed: int, *, days: int = 10, calls: int = 400) -> list[Call]:
    """Calls over so many days, busy around the clock."""
    chance = luck(seed)
    made = []
    for number in range(calls):
        model = chance.choice(list(PRICES))
        claude = model.startswith("claude")
        at = datetime.combine(FIRST, datetime.min.time(), tzinfo=UTC) + timedelta(
            seconds=chance.randrange(days * 86_400), milliseconds=chance.randrange(1000)
        )
        cached = chance.random() < 0.5
        made.append(
            Call(
                name=f"{seed:x}{number:05x}",
                at=at,
                model=model,
                tokens=(
                    chance.randrange(50, 20_000),
                    chance.randrange(1_000, 60_000) if cached else 0,
                    chance.randrange(500, 30_000) if claude and chance.random() < 0.4 else 0,
                    chance.randrange(500, 30_000) if claude and chance.random() < 0.1 else 0,
                    chance.randrange(10, 4_000),
                ),
                searches=0,
                batch=claude and chance.random() < 0.3,
            )
        )
    return sorted(made, key=lambda call: call.at)


def write_logs(folder: Path, calls: list[Call]) -> list[Path]:
    """The logs of these calls: Anthropic's bodies in envelopes, and LiteLLM's spend logs for OpenAI."""
    folder.mkdir(parents=True, exist_ok=True)
    claude, openai = folder / "claude.jsonl", folder / "litellm.jsonl"
    claude.write_text("".join(f"{json.dumps(_envelope(call))}\n" for call in calls if call.provider == "anthropic"))
    openai.write_text("".join(f"{json.dumps(_spend(call))}\n" for call in calls if call.provider == "openai"))
    return [claude, openai]


def _envelope(call: Call) -> dict[str, Any]:
    plain, read, short, long, output = call.tokens
    usage: dict[str, Any] = {
        "input_tokens": plain,
        "cache_creation_input_tokens": short + long,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long},
        "output_tokens": output,
        "service_tier": "batch" if call.batch else "standard",
    }
    if call.searches:
        usage["server_tool_use"] = {"web_search_requests": call.searches}
    body = {"id": f"msg_01{call.name}AbCdEfGhIjKl", "type": "message", "role": "assistant", "model": call.model}
    return {
        "timestamp": call.at.isoformat(),
        "response": {**body, "content": [], "stop_reason": "end_turn", "usage": usage},
    }


def _spend(call: Call) -> dict[str, Any]:
    plain, read, _, _, output = call.tokens
    usage = {
        "prompt_tokens": plain + read,
        "completion_tokens": output,
        "total_tokens": plain + read + output,
        "prompt_tokens_details": {"cached_tokens": read},
    }
    return {
        "request_id": f"chatcmpl-{call.name}LiteLlmId",
        "call_type": "acompletion",
        "startTime": call.at.isoformat(),
        "endTime": (call.at + timedelta(seconds=2)).isoformat(),
        "model": call.model,
        "custom_llm_provider": "openai",
        "api_key": call.key,
        "spend": 0.0,
        "prompt_tokens": plain + read,
        "completion_tokens": output,
        "total_tokens": plain + read + output,
        "metadata": {"usage_object": usage},
        "cache_hit": "False",
        "status": "success",
    }


Charges = dict[tuple[date, str, str], Decimal]
"""Day, model and token class to what is billed."""


@dataclass(slots=True, kw_only=True)
class Planted:
    """A company's logs and bill after some causes were planted in it."""

    logged: list[Call]
    charges: Charges
    amounts: dict[str, Decimal]
    """Cause to what it must come to."""
    total: Decimal
    """What is billed beyond what the logged calls cost in the days of the bill."""


def plant(
    calls: list[Call], causes: set[str], chance: random.Random, *, first: date, days: int, hours: int = -8
) -> Planted:
    """Bill `calls` for `days` from `first` on, with these causes: missing, boundary, batch, writes, searches."""
    span = {first + timedelta(days=offset) for offset in range(days)}
    shift = hours if "boundary" in causes else 0
    gone = first + timedelta(days=chance.randrange(2, days - 2))
    logged = [call for call in calls if "missing" not in causes or call.day() != gone]
    how = {"full": "batch" in causes, "long_writes": "writes" in causes}
    charges: Charges = defaultdict(Decimal)
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for call in calls:
        if call.day(shift) not in span:
            continue
        billed = call.charges(**how)
        for token_class, amount in billed.items():
            charges[call.day(shift), call.model, token_class] += amount
        if call not in logged and "missing" in causes:
            amounts["missing-traffic"] += sum(billed.values(), Decimal(0))
            continue
        if "writes" in causes:
            amounts["cache"] += call.cost(long_writes=True) - call.cost()
        if "batch" in causes:
            amounts["tier"] += call.cost(**how) - call.cost(long_writes=how["long_writes"])
    if "boundary" in causes:
        amounts["day-boundary"] = sum((call.cost() for call in logged if call.day(shift) in span), Decimal(0)) - sum(
            (call.cost() for call in logged if call.day() in span), Decimal(0)
        )
    if "searches" in causes:
        for day in sorted(span - {gone, gone - timedelta(days=1), gone + timedelta(days=1)})[::2]:
            fee = chance.randrange(1, 900) * SEARCH
            charges[day, "", "web_search"] += fee
            amounts["tool-fees"] += fee
    ours = sum((call.cost() for call in logged if call.day() in span), Decimal(0))
    return Planted(
        logged=logged, charges=dict(charges), amounts=dict(amounts), total=sum(charges.values(), Decimal(0)) - ours
    )


_COST_TYPES = {"web_search": "web_search"}
_TOKEN_TYPES = {
    "input": "uncached_input_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_write_5m": "cache_creation.ephemeral_5m_input_tokens",
    "cache_write_1h": "cache_creation.ephemeral_1h_input_tokens",
    "output": "output_tokens",
}


def write_cost_report(path: Path, charges: Charges) -> Path:
    """Anthropic's cost report of the charges for its models, and those without a model."""
    buckets = []
    for day in sorted({day for day, _, _ in charges}):
        results = [
            {
                "currency": "USD",
                "amount": f"{amount * 100:f}",
                "workspace_id": None,
                "cost_type": _COST_TYPES.get(token_class, "tokens"),
                "description": token_class,
                "model": model or None,
                "service_tier": "standard" if model else None,
                "token_type": _TOKEN_TYPES.get(token_class),
                "context_window": "0-200k" if model else None,
            }
            for (on, model, token_class), amount in sorted(charges.items())
            if on == day and not model.startswith("gpt")
        ]
        ends = day + timedelta(days=1)
        buckets.append({"starting_at": f"{day}T00:00:00Z", "ending_at": f"{ends}T00:00:00Z", "results": results})
    path.write_text(json.dumps({"data": buckets, "has_more": False, "next_page": None}))
    return path


def write_openai_costs(path: Path, charges: Charges, tokens: dict[tuple[date, str, str], int] | None = None) -> Path:
    """OpenAI's costs of the charges for its models; amounts are JSON numbers, with quantities where `tokens` has them."""
    words = {"input": "input_tokens", "cache_read": "input_cached_tokens", "output": "output_tokens"}
    buckets = []
    for day in sorted({day for day, _, _ in charges}):
        start = int(datetime.combine(day, datetime.min.time(), tzinfo=UTC).timestamp())
        results = [
            {
                "object": "organization.costs.result",
                "amount": {"value": f"@{amount:f}@", "currency": "usd"},
                "line_item": f"{model}, {words[token_class]}",
                "project_id": None,
                "quantity": (tokens or {}).get((on, model, token_class)),
                "quantity_unit": "tokens",
            }
            for (on, model, token_class), amount in sorted(charges.items())
            if on == day and model.startswith("gpt")
        ]
        buckets.append({"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": results})
    text = json.dumps({"object": "page", "data": buckets, "has_more": False, "next_page": None})
    path.write_text(text.replace('"@', "").replace('@"', ""))
    return path


def with_searches(calls: list[Call], chance: random.Random) -> list[Call]:
    """The same calls, some of Claude's with logged web searches."""
    return [
        replace(call, searches=chance.randrange(1, 5))
        if call.provider == "anthropic" and chance.random() < 0.1
        else call
        for call in calls
    ]
