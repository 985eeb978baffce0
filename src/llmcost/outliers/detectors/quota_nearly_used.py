"""A limit that is nearly used up, time and again. Nothing is wasted yet; soon requests are refused.

The limits are those llmcost.yaml names, under `limits:` and in the gateway configs of `quota:`.
"""

import shlex
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from llmcost.domain.errors import LlmcostError
from llmcost.domain.headroom import Headroom
from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.traffic import Traffic


def _find(traffic: Traffic) -> Iterator[Finding]:
    if traffic.limits is None:
        raise NotEvaluable("llmcost.yaml names no limits: add `limits:`, or a gateway's config under `quota:`")
    try:
        found = traffic.limits()
    except LlmcostError as error:
        raise NotEvaluable(error.message) from error
    if traffic.first is None or traffic.last is None:
        return
    named: Counter[str] = Counter()
    for one in found:
        named[one.rule_id] += 1
        if one.short and one.requests >= traffic.floors.requests:
            yield _finding(traffic, one, named[one.rule_id], traffic.first, traffic.last)


def _finding(traffic: Traffic, one: Headroom, place: int, first: datetime, last: datetime) -> Finding:
    """`place` counts the limits of that name: one rule may limit requests and tokens."""
    at_once = one.unit == "concurrency"
    number = f"${one.amount:,f}" if one.unit == "cost" else f"{one.amount:,.0f} {one.unit.replace('_', ' ')}"
    words = f"{one.amount:,.0f} at once" if at_once else f"{number}/{one.window}"
    words += f" per {', '.join(one.per)}" if one.per else ""
    used = f"{one.threshold.normalize():f}% of it or more"
    at_most = f"{one.most / one.amount:.0%}"
    often = f"used {used} in {one.near:,} of {one.windows:,} {'minutes' if at_once else 'windows'}, {at_most} at most"
    if one.per:
        often = f"{one.short:,} of {one.counters:,} use {used} time and again, {one.most_subject} up to {at_most}"
    return Finding(
        scope=(),
        since=first,
        until=last,
        headline=f"{one.rule_id} ({words}): {often}",
        evidence={
            "limit": one.rule_id,
            "allowed": words,
            "counters": one.counters,
            "counters_short": one.short,
            "windows": one.windows,
            "windows_near": one.near,
            "windows_full": one.full,
            "most_used": f"{one.most_subject} {at_most}",
        },
        requests=one.requests,
        cost=one.cost,
        confidence="high",
        basis="measured",
        todo="raise the limit or the plan of those it is too small for, or find what uses it up, before calls are refused",
        verify=traffic.verify(f"quota simulate {shlex.quote(one.file)}"),
        query=Query(sql=one.sql, values=one.values),
        caveats=(
            "a limit that is meant to be used up, such as an allowance, does its work",
            "calls that a log gives no end hold no place"
            if at_once
            else "windows that slide can be fuller than those that start with the clock",
        ),
        occasion=one.rule_id if place == 1 else f"{one.rule_id} {place}",
    )


detector = Detector(title="a limit is nearly used up, time and again", find=_find)
