"""The rules that are shipped: what teams watch first, with thresholds llmcost.yaml changes."""

from collections.abc import Mapping
from dataclasses import dataclass

from llmcost.budgets.alerts.rule import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A rule as it is before llmcost.yaml changes it; amounts are written as there."""

    title: str
    metric: str | None
    window: str
    threshold: str | None
    direction: Direction = "above"
    per: tuple[str, ...] = ()
    compare: bool = False
    limited: bool = False
    escalate_at: tuple[str, ...] | None = None
    """None: at twice the threshold, or half of it for a rule that fires below."""
    min_requests: int = 0
    min_cost: str = "0"


PACK: Mapping[str, Shipped] = {
    "daily-spend": Shipped(title="spending of a day", metric="cost", window="day", threshold=None),
    "monthly-budget": Shipped(
        title="a monthly budget nearly used", metric=None, window="month", threshold="80%", escalate_at=("100%",)
    ),
    "week-over-week": Shipped(
        title="spending rises from week to week",
        metric="cost",
        window="7d",
        threshold="30%",
        compare=True,
        min_cost="10",
    ),
    "error-rate": Shipped(title="requests fail", metric="error_rate", window="24h", threshold="5%", min_requests=50),
    "cache-hit-rate": Shipped(
        title="input is hardly read from the cache",
        metric="cache_hit_rate",
        window="24h",
        threshold="50%",
        direction="below",
        min_requests=50,
    ),
    "p95-latency": Shipped(
        title="answers are slow", metric="latency_p95", window="24h", threshold="5s", min_requests=50
    ),
    "user-daily-spend": Shipped(
        title="a user spends much in a day", metric="cost", window="day", threshold="50", per=("user_id",)
    ),
    "customer-quota": Shipped(
        title="a customer has nearly used what the plan includes",
        metric="requests",
        window="month",
        threshold="90%",
        per=("customer_id", "plan"),
        limited=True,
        escalate_at=("100%",),
    ),
    "rate-limit": Shipped(
        title="the busiest minute is near a rate limit",
        metric="peak_requests_per_minute",
        window="24h",
        threshold="80%",
        per=("model",),
        limited=True,
        escalate_at=("100%",),
    ),
}
