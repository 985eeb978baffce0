"""The truth about a generated log, counted while it was made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.demo.prices import UNKNOWN_MODEL
from llmcost.demo.rows import spend
from llmcost.demo.workloads import BATCH_FEATURE, LEAKING_TEAM, ZOMBIE_FEATURE

if TYPE_CHECKING:
    from datetime import date, datetime

    from llmcost.demo.call import Call
    from llmcost.demo.events import Planted


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFacts:
    """What a generated log contains.

    Requests are distinct and readable; token totals cover all of them, answers from the gateway's own cache included.
    """

    files: tuple[str, ...]
    since: date
    until: date
    lines: int
    """Written lines: requests, duplicates and malformed ones."""
    requests: int
    duplicate_lines: int
    truncated_lines: int
    garbage_lines: int
    negative_count_lines: int
    fractional_count_lines: int
    failures: int
    rate_limited: int
    cache_hits: int
    unknown_model: str
    unknown_model_requests: int
    """Requests to the model without a price, the failed ones included."""
    unpriced_requests: int
    """Of those, the ones that used tokens and were not answered from the cache."""
    requests_without_customer: int
    customers: int
    users: int
    top_users: int
    """How many users 5 % of them are, rounded up."""
    top_user_token_share: float
    """Their share of all tokens that belong to a user."""
    input_tokens: int
    """Cached ones included."""
    output_tokens: int
    """Reasoning included."""
    cache_read_tokens: int
    cache_write_5m_tokens: int
    cache_write_1h_tokens: int
    reasoning_tokens: int
    gateway_spend: Decimal
    """USD, the exact sum of the decimal amounts as written."""
    requests_by_model: dict[str, int]
    requests_by_feature: dict[str, int]
    """Only requests whose line names a feature."""
    requests_by_customer: dict[str, int]
    leaking_team: str
    leaked_cost_share: float
    """Share of that team's gateway spend made outside production."""
    storm_feature: str
    storm_session: str
    storm_started_at: datetime
    storm_attempts: int
    storm_failures: int
    zombie_feature: str
    zombie_busy_until: date
    zombie_cron_requests: int
    """Calls to the zombie feature after its users left."""
    night_batch_requests: int
    priority_customers: tuple[str, ...]

    @property
    def malformed_lines(self) -> int:
        """Lines that must be rejected."""
        return self.truncated_lines + self.garbage_lines + self.negative_count_lines + self.fractional_count_lines


class Bookkeeper:
    """Counts calls as they are planned."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._models: Counter[str] = Counter()
        self._features: Counter[str] = Counter()
        self._customers: Counter[str] = Counter()
        self._user_tokens: Counter[str] = Counter()
        self._priority: set[str] = set()
        self._spend = Decimal(0)
        self._team_spend = Decimal(0)
        self._leaked_spend = Decimal(0)

    def record(self, call: Call) -> None:
        """Add one distinct call."""
        count, usage = self._count, call.usage
        count["requests"] += 1
        count["failures"] += call.failure is not None
        count["rate_limited"] += call.failure is not None and call.failure.code == "429"
        count["cache_hits"] += call.cache_hit
        count["unpriced"] += call.model == UNKNOWN_MODEL and not call.failure and not call.cache_hit
        count["night_batch"] += call.feature == BATCH_FEATURE
        count["prompt"] += usage.prompt
        count["completion"] += usage.completion
        count["cache_read"] += usage.cache_read
        count["cache_write_5m"] += usage.cache_write_5m
        count["cache_write_1h"] += usage.cache_write_1h
        count["reasoning"] += usage.reasoning
        self._models[call.model] += 1
        if call.feature and call.key.feature_in == "tag":
            self._features[call.feature] += 1
        customer = call.customer if call.key.attribution != "none" else None
        if customer:
            self._customers[customer] += 1
            if call.priority:
                self._priority.add(customer)
        else:
            count["no_customer"] += 1
        if call.user:
            self._user_tokens[call.user] += usage.prompt + usage.completion
        amount = Decimal(repr(spend(call)))
        self._spend += amount
        if call.key.team == LEAKING_TEAM:
            self._team_spend += amount
            self._leaked_spend += amount if call.environment != "production" else 0

    def facts(
        self, *, files: tuple[str, ...], since: date, until: date, planted: Planted, oddities: Counter[str]
    ) -> DemoFacts:
        """Close the books."""
        count = self._count
        by_tokens = sorted(self._user_tokens.values(), reverse=True)
        top = -(-len(by_tokens) // 20)
        total = sum(by_tokens)
        return DemoFacts(
            files=files,
            since=since,
            until=until,
            lines=count["requests"] + oddities.total(),
            requests=count["requests"],
            duplicate_lines=oddities["duplicate"],
            truncated_lines=oddities["truncated"],
            garbage_lines=oddities["garbage"],
            negative_count_lines=oddities["negative"],
            fractional_count_lines=oddities["fractional"],
            failures=count["failures"],
            rate_limited=count["rate_limited"],
            cache_hits=count["cache_hits"],
            unknown_model=UNKNOWN_MODEL,
            unknown_model_requests=self._models[UNKNOWN_MODEL],
            unpriced_requests=count["unpriced"],
            requests_without_customer=count["no_customer"],
            customers=len(self._customers),
            users=len(by_tokens),
            top_users=top,
            top_user_token_share=sum(by_tokens[:top]) / total if total else 0.0,
            input_tokens=count["prompt"],
            output_tokens=count["completion"],
            cache_read_tokens=count["cache_read"],
            cache_write_5m_tokens=count["cache_write_5m"],
            cache_write_1h_tokens=count["cache_write_1h"],
            reasoning_tokens=count["reasoning"],
            gateway_spend=self._spend,
            requests_by_model=dict(sorted(self._models.items())),
            requests_by_feature=dict(sorted(self._features.items())),
            requests_by_customer=dict(sorted(self._customers.items())),
            leaking_team=LEAKING_TEAM,
            leaked_cost_share=float(self._leaked_spend / self._team_spend) if self._team_spend else 0.0,
            storm_feature=planted.storm[0].feature or "",
            storm_session=planted.storm[0].session_id,
            storm_started_at=planted.storm[0].started_at,
            storm_attempts=len(planted.storm),
            storm_failures=sum(call.failure is not None for call in planted.storm),
            zombie_feature=ZOMBIE_FEATURE,
            zombie_busy_until=planted.zombie_busy_until,
            zombie_cron_requests=len(planted.zombie_cron),
            night_batch_requests=count["night_batch"],
            priority_customers=tuple(sorted(self._priority)),
        )
