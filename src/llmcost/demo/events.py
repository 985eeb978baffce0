"""What a cost audit should find: a retry storm, a zombie's cron job and a nightly batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from llmcost.demo.call import NO_USAGE, Call, Usage
from llmcost.demo.chance import hex_id, sized
from llmcost.demo.failures import BROKEN, RATE_LIMITED, TIMED_OUT
from llmcost.demo.usage import draw_times, draw_usage
from llmcost.demo.workloads import BATCH, GPT_4O, HAIKU, MINI, STORM_FEATURE, ZOMBIE, ZOMBIE_FEATURE

if TYPE_CHECKING:
    from datetime import date
    from random import Random

    from llmcost.demo.tenants import Tenants, User

_STORM_GAP = 1_900_000
"""Microseconds between two attempts of the storm, on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """The planted calls; each list is in the order of time."""

    storm: list[Call]
    zombie_cron: list[Call]
    night_batch: list[Call]
    zombie_busy_until: date

    def calls(self) -> list[Call]:
        """All of them."""
        return [*self.storm, *self.zombie_cron, *self.night_batch]


def plant(rng: Random, tenants: Tenants, *, since: date, days: int, requests: int) -> Planted:
    """About a tenth of the requests, spread over the period."""
    busy_days = days * 45 // 100
    return Planted(
        storm=_retry_storm(rng, tenants, _weekday_near(since + timedelta(days=days * 65 // 100)), requests),
        zombie_cron=_lonely_cron(rng, tenants, since + timedelta(days=busy_days), days - busy_days, requests),
        night_batch=_night_batch(rng, tenants, since, days, requests),
        zombie_busy_until=since + timedelta(days=busy_days),
    )


def _weekday_near(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))


def _retry_storm(rng: Random, tenants: Tenants, day: date, requests: int) -> list[Call]:
    """One export that keeps failing on its way back, and a client that never stops asking."""
    user: User = tenants.ordinary.pick(rng)
    session, at = hex_id(rng), datetime.combine(day, time(14, 37, 5, 120_417))
    prompt = Usage(prompt=9_412, completion=0)
    storm = []
    for _ in range(min(420, max(120, requests // 140))):
        # Most attempts are answered, and billed, after the client has given up; some never get that far.
        failure = rng.choice((TIMED_OUT, RATE_LIMITED, BROKEN)) if rng.random() < 0.3 else None
        usage = NO_USAGE if failure else Usage(prompt=prompt.prompt, completion=sized(rng, 1_250))
        _, ended_at = draw_times(rng, at, GPT_4O, usage, stream=False)
        storm.append(
            Call(
                request_id=f"chatcmpl-{hex_id(rng)}",
                call_id=hex_id(rng),
                started_at=at,
                ended_at=ended_at,
                first_token_at=ended_at,
                model=GPT_4O,
                key=tenants.keys["documents-worker"],
                usage=usage,
                session_id=session,
                user=user.id,
                customer=user.customer,
                plan=user.plan,
                priority=user.priority,
                feature=STORM_FEATURE,
                environment="production",
                failure=failure,
            )
        )
        at += timedelta(microseconds=_STORM_GAP // 2 + rng.randrange(_STORM_GAP))
    return storm


def _lonely_cron(rng: Random, tenants: Tenants, since: date, days: int, requests: int) -> list[Call]:
    """After the users left, one job still calls the feature, always at the same minute."""
    start, every = datetime.combine(since, time(0, 15)), timedelta(hours=6 if requests >= 20_000 else 24)
    end = datetime.combine(since, time()) + timedelta(days=days)
    calls = []
    at = start
    while at < end:
        moment = at + timedelta(microseconds=rng.randrange(900_000))
        usage = draw_usage(rng, ZOMBIE, MINI, appetite=1.0, turn=0)
        first_token_at, ended_at = draw_times(rng, moment, MINI, usage, stream=False)
        calls.append(
            Call(
                request_id=f"chatcmpl-{hex_id(rng)}",
                call_id=hex_id(rng),
                started_at=moment,
                ended_at=ended_at,
                first_token_at=first_token_at,
                model=MINI,
                key=tenants.keys["growth-site"],
                usage=usage,
                session_id=hex_id(rng),
                user="cron-onboarding",
                feature=ZOMBIE_FEATURE,
                environment="production",
            )
        )
        at += every
    return calls


def _night_batch(rng: Random, tenants: Tenants, since: date, days: int, requests: int) -> list[Call]:
    """Every night at two, one service goes through the customers' catalogues."""
    calls = []
    per_night = max(2, requests // 20 // days)
    for day in range(days):
        at = datetime.combine(since, time(2)) + timedelta(days=day, microseconds=rng.randrange(4_000_000))
        session = hex_id(rng)
        for turn in range(per_night):
            drawn = draw_usage(rng, BATCH, HAIKU, appetite=1.0, turn=turn)
            # The job asks for the one-hour cache and writes its prompt once a night.
            usage = Usage(
                prompt=drawn.prompt,
                completion=drawn.completion,
                cache_read=BATCH.prefix if turn else 0,
                cache_write_1h=0 if turn else BATCH.prefix,
            )
            first_token_at, ended_at = draw_times(rng, at, HAIKU, usage, stream=False)
            calls.append(
                Call(
                    request_id=f"chatcmpl-{hex_id(rng)}",
                    call_id=hex_id(rng),
                    started_at=at,
                    ended_at=ended_at,
                    first_token_at=first_token_at,
                    model=HAIKU,
                    key=tenants.keys["data-batch"],
                    usage=usage,
                    session_id=session,
                    user="svc-nightly",
                    customer=f"cust-{tenants.customers.pick(rng)}",
                    feature=BATCH.feature,
                    environment="production",
                )
            )
            at = ended_at + timedelta(microseconds=rng.randrange(400_000))
    return calls
