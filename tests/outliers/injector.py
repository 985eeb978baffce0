"""Clean made-up traffic, and patterns of waste planted in it with known cost. Knows nothing of how they are looked for.

Records are in llmcost's own words. Prices in the truth are written out here, in dollars a million tokens, from the makers'
price pages: gpt-4o 2.50 / 10.00, gpt-4o-mini 0.15 / 0.60, claude-sonnet-4-5 3.00 / 15.00 (write 3.75, read 0.30), o3 2.00 / 8.00,
gemini-2.5-pro 1.25 / 10.00 (above 200,000 tokens of prompt 2.50 / 15.00), and 1.7 times the price of gpt-4o for priority.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

DAYS = 49
START = datetime(2026, 9, 1, tzinfo=UTC)
Record = dict[str, Any]

# Usual input and output tokens, and what part of the calls a feature makes.
FEATURES = (
    ("chat", "gpt-4o", 1500, 420, 0.4),
    ("search", "gpt-4o-mini", 900, 260, 0.25),
    ("summarise", "claude-sonnet-4-5", 3200, 520, 0.2),
    ("draft", "gpt-4o", 1100, 800, 0.15),
)


@dataclass
class Traffic:
    """Records, and the money planted among them."""

    rng: Random
    records: list[Record] = field(default_factory=list)
    noise: float = 1.0
    """How much sizes and days differ; 1 is usual, 2 twice as much."""
    planted: float = 0.0
    """Dollars that ending the pattern would save."""

    def add(self, at: datetime, feature: str, model: str, **fields: Any) -> Record:
        """One ordinary call, changed as said."""
        record: Record = {
            "request_id": f"req-{self.rng.getrandbits(96):024x}",
            "timestamp": at.isoformat(timespec="microseconds"),
            "provider": "anthropic" if model.startswith("claude") else "openai",
            "model": model,
            "operation": "chat",
            "status": "ok",
            "temperature": 0,
            "max_output_tokens": 64_000,
            "feature": feature,
            "environment": "production",
            "user_id": f"user-{self.rng.randrange(80):02}",
            "customer_id": f"customer-{self.rng.randrange(12):02}",
            "api_key_id": f"key-{feature}",
            "session_id": f"session-{self.rng.getrandbits(64):016x}",
            "prompt_hash": f"{self.rng.getrandbits(128):032x}",
            **fields,
        }
        # Other prompts have other words, the same prompt the same.
        record.setdefault("prompt_sketch", sha256(record["prompt_hash"].encode()).hexdigest()[:16])
        self.records.append(record)
        return record

    def sized(self, usual: float) -> int:
        """A size around the usual one, seldom far from it."""
        return max(40, int(usual * self.rng.lognormvariate(0, 0.45 * self.noise)))

    def moment(self, day: int) -> datetime:
        """Some time of a day, most of them in working hours."""
        return START + timedelta(days=day, seconds=min(86_399, max(0, self.rng.gauss(46_800, 11_000))))


def clean(seed: int, *, per_day: int = 110, days: int = DAYS, noise: float = 1.0) -> Traffic:
    """Seven weeks of ordinary work: quiet weekends, a few failures, some of it outside production."""
    traffic = Traffic(Random(seed), noise=noise)  # noqa: S311  reproducible on purpose, nothing secret
    rng = traffic.rng
    for day in range(days):
        weekend = (START + timedelta(days=day)).weekday() >= 5
        for _ in range(int(rng.gauss(per_day, per_day * 0.06 * noise) * (0.6 if weekend else 1))):
            feature, model, tokens, answer, _ = rng.choices(FEATURES, [one[4] for one in FEATURES])[0]
            size: Record = {"input_tokens": traffic.sized(tokens), "output_tokens": traffic.sized(answer)}
            if rng.random() < 0.02:
                size = {"status": "error", "http_status": 500, "input_tokens": 0, "output_tokens": 0}
            where = rng.choices(("production", "development", "staging"), (93, 5, 2))[0]
            traffic.add(traffic.moment(day), feature, model, environment=where, **size)
    return traffic


Plant = Callable[[Traffic, float], None]
"""Adds a pattern; strength 1 is medium."""


def retry_storm(traffic: Traffic, strength: float) -> None:
    at, session = START + timedelta(days=30, hours=9), "session-storm"
    for number in range(int(150 * strength)):
        at += timedelta(seconds=traffic.rng.uniform(0.5, 6))
        failed = number % 3 == 0
        size = {"input_tokens": 0, "output_tokens": 0} if failed else {"input_tokens": 9000, "output_tokens": 900}
        status = {"status": "error", "http_status": 429} if failed else {}
        traffic.add(at, "draft", "gpt-4o", session_id=session, prompt_hash="storm", user_id="user-01", **size, **status)
        traffic.planted += 0 if failed else (9000 * 2.5 + 900 * 10) / 1e6
    traffic.planted -= (9000 * 2.5 + 900 * 10) / 1e6


def duplicate_requests(traffic: Traffic, strength: float) -> None:
    for prompt in range(int(60 * strength)):
        at = traffic.moment(traffic.rng.randrange(DAYS))
        for again in range(4):
            traffic.add(
                at + timedelta(seconds=12 * again),
                "search",
                "gpt-4o",
                prompt_hash=f"same-{prompt}",
                user_id="user-02",
                session_id=f"loop-{prompt}",
                customer_id="customer-02",
                input_tokens=4000,
                output_tokens=300,
            )
        traffic.planted += 3 * (4000 * 2.5 + 300 * 10) / 1e6


def error_waste(traffic: Traffic, strength: float) -> None:
    for _ in range(int(300 * strength)):
        day = traffic.rng.randrange(DAYS)
        traffic.add(
            traffic.moment(day),
            "draft",
            "gpt-4o",
            status="error",
            http_status=504,
            input_tokens=5000,
            output_tokens=600,
        )
        traffic.planted += (5000 * 2.5 + 600 * 10) / 1e6


def dev_leakage(traffic: Traffic, strength: float) -> None:
    for _ in range(int(2500 * strength)):
        day = traffic.rng.randrange(DAYS)
        size = {"input_tokens": traffic.sized(1500), "output_tokens": traffic.sized(400)}
        traffic.add(traffic.moment(day), "chat", "gpt-4o", environment="development", **size)
        traffic.planted += (size["input_tokens"] * 2.5 + size["output_tokens"] * 10) / 1e6


def zombie_feature(traffic: Traffic, strength: float) -> None:
    for day in range(20):
        for _ in range(10):
            traffic.add(traffic.moment(day), "tips", "gpt-4o", input_tokens=1200, output_tokens=200)
    for number in range(int(24 * 29 * min(strength, 1.0))):
        step = timedelta(hours=1 / min(strength, 1.0))
        at = START + timedelta(days=20) + number * step + timedelta(seconds=traffic.rng.random() * 4)
        traffic.add(at, "tips", "gpt-4o", user_id="cron", input_tokens=4000, output_tokens=200)
        traffic.planted += (4000 * 2.5 + 200 * 10) / 1e6


def power_users(traffic: Traffic, strength: float) -> None:
    for _ in range(int(8000 * strength)):
        day, user = traffic.rng.randrange(DAYS), f"user-{traffic.rng.randrange(3):02}"
        size = {"input_tokens": traffic.sized(2500), "output_tokens": traffic.sized(600)}
        traffic.add(traffic.moment(day), "chat", "gpt-4o", user_id=user, **size)


def model_overuse(traffic: Traffic, strength: float) -> None:
    for _ in range(int(3000 * strength)):
        day = traffic.rng.randrange(DAYS)
        put, answer = min(traffic.sized(900), 1900), traffic.rng.randrange(4, 30)
        traffic.add(traffic.moment(day), "classify", "gpt-4o", input_tokens=put, output_tokens=answer)
        traffic.planted += (put * (2.5 - 0.15) + answer * (10 - 0.6)) / 1e6 * 0.85


def losing_cache(traffic: Traffic, strength: float) -> None:
    for _ in range(int(1500 * strength)):
        day = traffic.rng.randrange(DAYS)
        written = {"input_tokens": 9000, "output_tokens": 200, "cache_write_5m_input_tokens": 8000}
        traffic.add(traffic.moment(day), "review", "claude-sonnet-4-5", **written)
        traffic.planted += 8000 * 0.75 / 1e6


def missing_cache(traffic: Traffic, strength: float) -> None:
    for _ in range(int(300 * strength)):
        at = traffic.moment(traffic.rng.randrange(DAYS))
        for call in range(10):
            size = {"input_tokens": 6000 + traffic.rng.randrange(50, 600), "output_tokens": 150}
            traffic.add(at + timedelta(seconds=20 * call), "agent", "claude-sonnet-4-5", **size)
        traffic.planted += 6000 * (9 * 2.7 - 0.75) / 1e6


def prompt_bloat(traffic: Traffic, strength: float) -> None:
    for day in range(DAYS):
        for _ in range(40):
            first = traffic.rng.uniform(2700, 3300)
            size = {"input_tokens": int(first * (1 + strength * day / DAYS)), "output_tokens": 250}
            traffic.add(traffic.moment(day), "answer", "gpt-4o", **size)
            traffic.planted += first * strength * day / DAYS * 2.5 / 1e6


def context_growth(traffic: Traffic, strength: float) -> None:
    for thread in range(int(60 * strength)):
        at = traffic.moment(traffic.rng.randrange(DAYS))
        for turn in range(12):
            traffic.add(
                at + timedelta(minutes=4 * turn),
                "assistant",
                "gpt-4o",
                session_id=f"thread-{thread}",
                input_tokens=1500 + 2400 * turn,
                output_tokens=300,
            )
            traffic.planted += max(0, 1500 + 2400 * turn - 4000) * 2.5 / 1e6 / 2


def inefficient_endpoint(traffic: Traffic, strength: float) -> None:
    for number in range(2400):
        endpoint = f"/v1/answer/{number % 5}"
        usual = traffic.sized(1500)
        more = int(usual * 3 * strength) if number % 5 == 0 else 0
        size = {"input_tokens": usual + more, "output_tokens": 200}
        traffic.planted += more * 2.5 / 1e6
        traffic.add(traffic.moment(traffic.rng.randrange(DAYS)), "answer", "gpt-4o", endpoint=endpoint, **size)


def spend_anomaly(traffic: Traffic, strength: float) -> None:
    for _ in range(int(400 * strength)):
        traffic.add(traffic.moment(37), "chat", "gpt-4o", input_tokens=traffic.sized(2500), output_tokens=500)


def user_daily_spend(traffic: Traffic, strength: float) -> None:
    for _ in range(int(400 * strength)):
        traffic.add(traffic.moment(40), "chat", "gpt-4o", user_id="user-07", input_tokens=60_000, output_tokens=2000)


def batchable_traffic(traffic: Traffic, strength: float) -> None:
    for day in range(DAYS):
        for number in range(int(60 * strength)):
            at = START + timedelta(days=day, hours=2, seconds=30 * number)
            size = {"input_tokens": traffic.sized(1500), "output_tokens": traffic.sized(300)}
            traffic.add(at, "nightly", "gpt-4o", user_id="svc-nightly", **size)
            traffic.planted += (size["input_tokens"] * 2.5 + size["output_tokens"] * 10) / 1e6 / 2


def reasoning_heavy(traffic: Traffic, strength: float) -> None:
    for _ in range(int(500 * strength)):
        thought = traffic.sized(3000)
        size = {"input_tokens": 800, "output_tokens": thought + 120, "reasoning_output_tokens": thought}
        traffic.add(traffic.moment(traffic.rng.randrange(DAYS)), "plan", "o3", **size)
        traffic.planted += thought * 8 / 1e6 / 2


def truncated_output(traffic: Traffic, strength: float) -> None:
    for _ in range(int(500 * strength)):
        size = {"input_tokens": 2000, "output_tokens": 700, "max_output_tokens": 700}
        traffic.add(traffic.moment(traffic.rng.randrange(DAYS)), "letter", "gpt-4o", **size)
        traffic.planted += (2000 * 2.5 + 700 * 10) / 1e6 / 2


def unpriced_models(traffic: Traffic, strength: float) -> None:
    for _ in range(int(300 * strength)):
        day = traffic.rng.randrange(DAYS)
        traffic.add(traffic.moment(day), "chat", "house-7b", provider="internal", input_tokens=900, output_tokens=100)


def new_big_spender(traffic: Traffic, strength: float) -> None:
    for _ in range(int(1200 * strength)):
        day = traffic.rng.randrange(DAYS - 9, DAYS)
        size = {"input_tokens": traffic.sized(1500), "output_tokens": traffic.sized(400)}
        traffic.add(traffic.moment(day), "chat", "gpt-4o", customer_id="newcomer", **size)


def level_shift(traffic: Traffic, strength: float) -> None:
    for day in range(25, DAYS):
        for _ in range(int(130 * strength)):
            size = {"input_tokens": traffic.sized(1500), "output_tokens": traffic.sized(400)}
            traffic.add(traffic.moment(day), "chat", "gpt-4o", **size)


def priority_outside_production(traffic: Traffic, strength: float) -> None:
    for _ in range(int(600 * strength)):
        size = {"input_tokens": traffic.sized(1500), "output_tokens": traffic.sized(400)}
        where = {"environment": "staging", "service_tier": "priority"}
        traffic.add(traffic.moment(traffic.rng.randrange(DAYS)), "replay", "gpt-4o", **where, **size)
        # Priority is 4.25 in and 17 out.
        traffic.planted += (size["input_tokens"] * 1.75 + size["output_tokens"] * 7) / 1e6


def long_context_crossing(traffic: Traffic, strength: float) -> None:
    for _ in range(int(120 * strength)):
        put = traffic.rng.randrange(201_000, 245_000)
        day = traffic.rng.randrange(DAYS)
        traffic.add(
            traffic.moment(day), "contracts", "gemini-2.5-pro", provider="google", input_tokens=put, output_tokens=900
        )
        # Above 200,000 tokens 2.50 in and 15 out, up to there 1.25 and 10; prompts up to 15 % above are cut.
        if put <= 230_000:
            traffic.planted += (put * 2.5 + 900 * 15 - 200_000 * 1.25 - 900 * 10) / 1e6


def near_duplicates(traffic: Traffic, strength: float) -> None:
    for _ in range(int(80 * strength)):
        question, at = traffic.rng.getrandbits(64), traffic.moment(traffic.rng.randrange(DAYS))
        for again in range(6):
            sketch = question
            for bit in traffic.rng.sample(range(64), traffic.rng.randrange(3) if again else 0):
                sketch ^= 1 << bit
            size = {"input_tokens": traffic.sized(1500), "output_tokens": traffic.sized(500)}
            at += timedelta(minutes=traffic.rng.uniform(1, 90))
            traffic.add(at, "faq", "gpt-4o", prompt_sketch=f"{sketch:016x}", **size)
            traffic.planted += (size["input_tokens"] * 2.5 + size["output_tokens"] * 10) / 1e6 if again else 0


LIMITS = """
limits:
  - {id: calls-of-a-user, limit: 100, unit: requests, window: day, per: [user_id]}
  - {id: spend-of-a-customer, limit: 500, unit: usd, window: month, per: [customer_id]}
"""
"""llmcost.yaml of those who limit use; clean traffic is far from both."""


def quota_nearly_used(traffic: Traffic, strength: float) -> None:
    for day in traffic.rng.sample(range(DAYS), int(12 * strength)):
        for _ in range(traffic.rng.randrange(91, 99)):
            size = {"input_tokens": traffic.sized(900), "output_tokens": traffic.sized(260)}
            traffic.add(traffic.moment(day), "search", "gpt-4o-mini", user_id="user-11", **size)


def low_engagement(traffic: Traffic, strength: float) -> None:
    for _ in range(int(1500 * strength)):
        size = {"input_tokens": traffic.sized(2500), "output_tokens": traffic.sized(600)}
        traffic.add(traffic.moment(traffic.rng.randrange(DAYS)), "digest", "gpt-4o", **size)


EVENTS = {"chat": 900, "search": 700, "summarise": 500, "draft": 400, "digest": 6}
"""Business events of each feature in the weeks of clean traffic, for those who look at use."""

PLACES = {
    "retry-storm": "session-storm",
    "duplicate-requests": "search",
    "error-waste": "draft",
    "zombie-feature": "tips",
    "model-overuse": "classify",
    "losing-cache": "review",
    "unread-cache-writes": "review",
    "missing-cache": "agent",
    "prompt-bloat": "answer",
    "context-growth": "assistant",
    "inefficient-endpoint": "/v1/answer/0",
    "user-daily-spend": "user-07",
    "batchable-traffic": "nightly",
    "reasoning-heavy": "plan",
    "truncated-output": "letter",
    "unpriced-models": "house-7b",
    "new-big-spender": "newcomer",
    "priority-outside-production": "replay",
    "long-context-crossing": "contracts",
    "low-engagement": "digest",
    "near-duplicates": "faq",
}
"""What every planted call has in common, where it is one thing; a finding elsewhere is not of the pattern."""

PLANTS: dict[str, Plant] = {
    "retry-storm": retry_storm,
    "duplicate-requests": duplicate_requests,
    "error-waste": error_waste,
    "dev-leakage": dev_leakage,
    "zombie-feature": zombie_feature,
    "power-users": power_users,
    "model-overuse": model_overuse,
    "losing-cache": losing_cache,
    "unread-cache-writes": losing_cache,
    "missing-cache": missing_cache,
    "prompt-bloat": prompt_bloat,
    "context-growth": context_growth,
    "inefficient-endpoint": inefficient_endpoint,
    "spend-anomaly": spend_anomaly,
    "user-daily-spend": user_daily_spend,
    "batchable-traffic": batchable_traffic,
    "reasoning-heavy": reasoning_heavy,
    "truncated-output": truncated_output,
    "unpriced-models": unpriced_models,
    "new-big-spender": new_big_spender,
    "level-shift": level_shift,
    "priority-outside-production": priority_outside_production,
    "long-context-crossing": long_context_crossing,
    "low-engagement": low_engagement,
    "near-duplicates": near_duplicates,
    "quota-nearly-used": quota_nearly_used,
}
