"""The everyday calls: people using features, in sessions."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from llmcost.demo.call import NO_USAGE, Call
from llmcost.demo.chance import Weighted, hex_id
from llmcost.demo.failures import FAILURE_RATE, FAILURES
from llmcost.demo.usage import draw_times, draw_usage
from llmcost.demo.workloads import EMBEDDING, WORKLOADS, ZOMBIE, ZOMBIE_SHARE_WHILE_BUSY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from random import Random

    from llmcost.demo.call import Usage
    from llmcost.demo.tenants import Tenants

_POWER_SHARE = 0.44
"""Share of the calls the power users make; their larger prompts bring them to 60 % of the tokens."""
_SESSION_GAP = timedelta(minutes=30)
_OUTSIDE = Weighted((("development", 70), ("staging", 30)))


def everyday_calls(rng: Random, tenants: Tenants, times: list[datetime], *, zombie_busy_until: date) -> Iterator[Call]:
    """One call for each time."""
    answered: dict[tuple[str, str], tuple[str, Usage]] = {}
    sessions: dict[str, tuple[datetime, str, int]] = {}
    for at in times:
        user = (tenants.power if rng.random() < _POWER_SHARE else tenants.ordinary).pick(rng)
        zombie = at.date() < zombie_busy_until and rng.random() < ZOMBIE_SHARE_WHILE_BUSY
        workload = ZOMBIE if zombie else WORKLOADS.pick(rng)
        model = workload.models.pick(rng)
        last, session, turn = sessions.get(user.id, (None, "", 0))
        if last is None or at - last > _SESSION_GAP:
            session, turn = hex_id(rng), 0
        sessions[user.id] = (at, session, turn + 1)

        failure = FAILURES.pick(rng) if rng.random() < FAILURE_RATE else None
        cached = answered.get((workload.feature, model)) if rng.random() < workload.repeats else None
        cache_hit = cached is not None and failure is None
        usage = NO_USAGE if failure else draw_usage(rng, workload, model, appetite=user.appetite, turn=turn)
        if cached and cache_hit:
            # The gateway repeats the first answer, its usage included, and adds the time to its id.
            answer_id, usage = cached
            request_id = f"{answer_id}_cache_hit{at.replace(tzinfo=UTC).timestamp()}"
            ended_at = first_token_at = at + timedelta(microseconds=2_000 + rng.randrange(9_000))
        else:
            # An embedding answer has no id of its own, so the gateway makes one up.
            request_id = hex_id(rng) if model == EMBEDDING else f"chatcmpl-{hex_id(rng)}"
            stream = workload.feature == "chat" and failure is None
            first_token_at, ended_at = draw_times(rng, at, model, usage, stream=stream)
            if not failure:
                answered[workload.feature, model] = (request_id, usage)
        outside = rng.random() < workload.outside_production
        yield Call(
            request_id=request_id,
            call_id=hex_id(rng),
            started_at=at,
            ended_at=ended_at,
            first_token_at=first_token_at,
            model=model,
            key=tenants.keys[workload.key],
            usage=usage,
            session_id=session,
            user=user.id,
            customer=user.customer,
            plan=user.plan,
            priority=user.priority,
            feature=workload.feature,
            environment=_OUTSIDE.pick(rng) if outside else "production",
            failure=failure,
            cache_hit=cache_hit,
            retries=int(failure is None and rng.random() < 0.015),
        )
