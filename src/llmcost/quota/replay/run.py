"""Replaying a period of the ledger against configs: the use case behind `llmcost quota simulate`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.period import Period
from llmcost.domain.text import plural
from llmcost.quota.matching import meet
from llmcost.quota.replay.counting import PICO
from llmcost.quota.replay.ends import with_ends
from llmcost.quota.replay.exposure import exposures
from llmcost.quota.replay.plan import ALGORITHMS, algorithm_name, allowing_budgets, forgets, limit_sets
from llmcost.quota.replay.record import Breach, CallerResult, RuleResult, Simulated
from llmcost.quota.replay.simulation import Simulation
from llmcost.quota.replay.traffic import CLOCKS, Traffic
from llmcost.quota.replay.warming import warmed
from llmcost.quota.semantics import OTHER_READING, PROFILES

if TYPE_CHECKING:
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.quota.limit import Limit
    from llmcost.quota.replay.exposure import Exposure
    from llmcost.quota.replay.outcome import Closure, LimitOutcome, Outcome
    from llmcost.quota.replay.plan import Algorithm, Plan, Slot
    from llmcost.quota.replay.traffic import Demand, Totals

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BREACHES = 200
_SUBJECTS = 1_000
_COMPARED = 200
"""Limits up to which every pair is looked at for a note."""
_READING = "read as "


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """What no config says."""

    algorithm: Algorithm | None = None
    """Counts every sliding or fixed window; None: what the gateway is documented to use."""
    shared: bool = False
    """Whether requests without what a limit counts by share one counter; else the limit skips them."""
    refused_count: bool = False
    """Whether a refused request moves counters."""
    others: bool = True
    """Whether the other algorithms are tried as well."""
    retries: bool = True
    """Whether refused requests are also sent again, for the lower bound of what is avoided."""
    exposure: bool = True
    """Whether to tell what could be spent while every limit is kept."""


def replayed(
    connection: Connection, selection: Selection, made: Plan, manner: Manner, headers: tuple[str, ...] = ()
) -> Simulated:
    """What the limits of a plan would have done to the selected requests."""
    made = with_ends(connection, selection, made)
    alone = not (manner.others or manner.retries)
    stretches = frozenset(number for number, slot in enumerate(made.slots) if alone and forgets(slot, manner.algorithm))
    wide, since = warmed(connection, selection, made.slots)
    traffic = Traffic(connection, wide, made, shared=manner.shared, stretches=stretches, since=since)
    totals = traffic.totals()
    demands = [traffic.demand(number) for number in range(len(made.slots))]
    hot = [number for number, demand in enumerate(demands) if demand.hot]
    reached = _reached(traffic, made, manner, hot) if manner.retries else hot
    outcomes = _played(traffic, made, manner, (hot, reached), since)
    plain = outcomes["plain"]
    again = outcomes.get("retried")
    late = dict(zip(_order(made, reached), again.limits, strict=True)) if again else {}
    by_slot = {
        number: (outcome, late.get(number)) for number, outcome in zip(_order(made, hot), plain.limits, strict=True)
    }
    exposed, together = (
        (None, None)
        if not manner.exposure
        else exposures(
            made, [demand.counters for demand in demands], [traffic.prices(number) for number in range(len(made.slots))]
        )
    )
    rules = tuple(
        _rule(
            slot,
            algorithm_name(slot, manner.algorithm),
            (totals.matched[number], totals.decided[number]),
            demands[number],
            by_slot.get(number, (None, None)),
            exposed=None if exposed is None else exposed[number],
        )
        for number, slot in enumerate(made.slots)
    )
    breaches = [
        _breach(made.slots[number].limit, closure)
        for number, (outcome, _) in by_slot.items()
        if made.slots[number].limit.mode != "audit"
        for closure in _longest(outcome)
    ]
    return Simulated(
        headers=headers,
        period=Period(
            since=selection.period.since or _moment(totals.first), until=selection.period.until or _moment(totals.last)
        ),
        tz=str(selection.zone),
        requests=totals.requests,
        limited=totals.limited,
        cost=_dollars(totals.cost),
        refused=plain.refused,
        cost_low=_dollars(_least(plain.cost, again)),
        cost_high=_dollars(plain.cost),
        rules=rules,
        callers=tuple(
            CallerResult(caller=caller, refused=count, cost=_dollars(cost))
            for caller, (count, cost) in sorted(plain.callers.items(), key=lambda one: (-one[1][0], one[0] or ""))
        ),
        breaches=tuple(
            sorted(breaches, key=lambda one: (-one.length, one.start, one.rule_id, one.subject))[:_BREACHES]
        ),
        others=tuple((name, outcome.refused) for name, outcome in outcomes.items() if name in ALGORITHMS),
        exposure=together,
        other_reading=next(
            (
                (name.removeprefix(_READING), outcome.refused)
                for name, outcome in outcomes.items()
                if name.startswith(_READING)
            ),
            None,
        ),
        refused_count=manner.refused_count,
        retried=manner.retries,
        left_out=tuple(dict.fromkeys((limit.label, reason) for limit, reason in made.left_out)),
        notes=(*made.notes, *_notes(made, totals)),
        first=_moment(totals.first),
        last=_moment(totals.last),
    )


def subject_of(limit: Limit, key: str) -> str:
    """A counter's key as the gateway would name its subject, such as `user:bob model:gpt-4o`."""
    if not limit.per:
        return "everyone"
    return " ".join(f"{name}:{part}" for name, part in zip(limit.per, key.split("\x1f"), strict=True))


def in_unit(units: int, unit: str) -> Decimal:
    """Whole units of the engine as a limit's own: requests, tokens or US dollars."""
    return _dollars(units) if unit == "cost" else Decimal(units)


def _reached(traffic: Traffic, made: Plan, manner: Manner, hot: list[int]) -> list[int]:
    """The slots that can be full once what the `hot` ones refuse comes again, which may make others refuse in turn."""
    reached, delay = hot, 0
    while (longest := max((_delay(traffic, made, number) for number in reached), default=0)) > delay:
        delay = longest
        reached = [
            number for number in range(len(made.slots)) if traffic.can_fill(number, delay, twice=manner.refused_count)
        ]
    return reached


def _delay(traffic: Traffic, made: Plan, number: int) -> int:
    """Seconds after which what a slot refuses comes again at the latest; 0: it does not."""
    slot = made.slots[number]
    window = slot.limit.window
    if slot.is_held and slot.limit.mode != "audit":
        return traffic.longest(number)
    if slot.limit.mode == "audit" or window.longest is None:
        return 0
    return window.longest + (CLOCKS if window.kind == "calendar" else 0)


def _played(
    traffic: Traffic, made: Plan, manner: Manner, taking_part: tuple[list[int], list[int]], since: int | None
) -> dict[str, Outcome]:
    """The replay as it is, with requests sent again, and with other algorithms, all in one pass over the events.

    The slots `taking_part` are those that can be full, and those that can once requests are sent again.
    """
    hot, reached = taking_part
    places, firsts, _ = traffic.layout(reached)
    budgets = [places[name] for name in allowing_budgets(made, reached)]

    def simulation(algorithm: Algorithm | None, *, retried: bool = False) -> Simulation:
        sets = limit_sets(made, reached if retried else hot, places, firsts, algorithm)
        return Simulation(sets, refused_count=manner.refused_count, retried=retried, since=since, budgets=budgets)

    running = {"plain": simulation(manner.algorithm)}
    if manner.retries:
        running["retried"] = simulation(manner.algorithm, retried=True)
    if manner.others:
        if any(made.slots[number].is_sliding for number in hot):
            running |= {name: simulation(name) for name in ALGORITHMS}
        readings = [OTHER_READING.get(one.name, one.name) for one in made.semantics]
        if readings != [one.name for one in made.semantics]:
            other = replace(made, semantics=tuple(PROFILES[name] for name in readings))
            sets = limit_sets(other, hot, places, firsts, manner.algorithm)
            running[_READING + ", ".join(dict.fromkeys(readings))] = Simulation(
                sets, refused_count=manner.refused_count, since=since, budgets=budgets
            )
    if hot:
        for piece in traffic.events(reached):
            for one in running.values():
                one.feed(piece)
    return {name: one.finish() for name, one in running.items()}


def _order(made: Plan, hot: list[int]) -> list[int]:
    """The slots in the order the engine has them: by config."""
    return sorted(hot, key=lambda number: made.slots[number].set_number)


def _rule(
    slot: Slot,
    algorithm: str,
    concerned: tuple[int, int],
    demand: Demand,
    played: tuple[LimitOutcome | None, LimitOutcome | None],
    *,
    exposed: Exposure | None,
) -> RuleResult:
    outcome, again = played
    limit = slot.limit
    closures = [] if outcome is None else _longest(outcome)
    hours = {} if outcome is None else outcome.hours
    worst = max(hours.items(), key=lambda pair: (pair[1], -pair[0]), default=None)
    keys = {} if outcome is None else outcome.keys
    return RuleResult(
        rule_id=limit.label,
        file=slot.file,
        config=slot.set_number,
        place=limit.node.start,
        unit=limit.unit,
        amount=in_unit(slot.amount, limit.unit),
        window=limit.window.name,
        per=limit.per,
        algorithm=algorithm,
        charge=limit.charge,
        mode=limit.mode,
        matched=concerned[0],
        decided=concerned[1],
        counters=demand.counters,
        p50=in_unit(demand.p50, limit.unit),
        p95=in_unit(demand.p95, limit.unit),
        p99=in_unit(demand.p99, limit.unit),
        most=in_unit(demand.most, limit.unit),
        most_subject=None if demand.most_key is None else subject_of(limit, demand.most_key),
        leaders=tuple(
            (
                subject_of(limit, key),
                windows,
                in_unit(p50, limit.unit),
                in_unit(p95, limit.unit),
                in_unit(p99, limit.unit),
                in_unit(most, limit.unit),
            )
            for key, windows, p50, p95, p99, most in demand.leaders
        ),
        refused=0 if outcome is None else outcome.refused,
        cost_low=_dollars(_least(0 if outcome is None else outcome.cost, again)),
        cost_high=_dollars(0 if outcome is None else outcome.cost),
        first=None if outcome is None else _moment(outcome.first),
        refused_subjects=len(keys),
        refused_keys=frozenset(keys),
        subjects=tuple(
            (subject_of(limit, key), count)
            for key, count in sorted(keys.items(), key=lambda pair: (-pair[1], pair[0]))[:_SUBJECTS]
        ),
        worst_hour=None if worst is None else (_EPOCH + timedelta(hours=worst[0]), worst[1]),
        longest=_breach(limit, closures[0]) if closures else None,
        breaches=0 if outcome is None else len(outcome.closures),
        hours=tuple(sorted(hours.items())),
        exposure=exposed,
    )


def _longest(outcome: LimitOutcome) -> list[Closure]:
    import heapq

    return heapq.nsmallest(_BREACHES, outcome.closures, key=lambda one: (-one.length, one.start, one.key))


def _breach(limit: Limit, closure: Closure) -> Breach:
    return Breach(
        rule_id=limit.label,
        subject=subject_of(limit, closure.key),
        caller=closure.caller,
        start=_EPOCH + timedelta(microseconds=closure.start),
        length=timedelta(microseconds=closure.length),
        refused=closure.refused,
    )


def _notes(made: Plan, totals: Totals) -> list[str]:
    """What may make the answer differ from what the gateway would have done."""
    keyless: dict[tuple[str, int], list[str]] = {}
    idle: list[str] = []
    for number, slot in enumerate(made.slots):
        if totals.keyless[number]:
            keyless.setdefault((" and ".join(slot.limit.per), totals.keyless[number]), []).append(
                f"`{slot.limit.label}`"
            )
        elif not totals.matched[number] and totals.requests and slot.limit.base is None:
            idle.append(f"`{slot.limit.label}`")
    notes = [
        f"{plural(count, 'request')} of {', '.join(dict.fromkeys(labels))} {'has' if count == 1 else 'have'} no {names}; gateways"
        f" do not document whether {'it is' if count == 1 else 'they are'} then limited"
        for (names, count), labels in keyless.items()
    ]
    if idle:
        verb = "matches" if len(set(idle)) == 1 else "match"
        notes.append(f"{', '.join(dict.fromkeys(idle))} {verb} no request of this period")
    watching = _watching(made)
    if watching:
        notes.append(
            f"{', '.join(watching)} in audit mode {'is' if len(watching) == 1 else 'are'} taken to decide what matches; whether the"
            " gateway goes on to the rules below is not documented"
        )
    if totals.unended and any(slot.limit.charge == "post" for slot in made.slots):
        have = plural(totals.unended, "request has", "requests have")
        they = "it" if totals.unended == 1 else "they"
        notes.append(f"{have} no end; what {they} used is charged when {they} started")
    if totals.unended and any(slot.is_held for slot in made.slots):
        holding = plural(totals.unended, "request without an end holds", "requests without an end hold")
        notes.append(f"{holding} no place where limits are on requests under way")
    if totals.unpriced and any(slot.limit.unit == "cost" for slot in made.slots):
        notes.append(
            plural(totals.unpriced, "request is unpriced and counts as free", "requests are unpriced and count as free")
        )
    if totals.blocked:
        notes.append(
            plural(
                totals.blocked,
                "request was already refused when it was made; it counts as asked for",
                "requests were already refused when they were made; they count as asked for",
            )
        )
    return notes


def _watching(made: Plan) -> list[str]:
    """Rules in audit mode above one that enforces and may match the same, where the first that matches decides."""
    compared = made.slots[:_COMPARED]
    found = [
        f"`{slot.limit.label}`"
        for slot in compared
        if slot.limit.mode == "audit"
        and made.semantics[slot.set_number].decides == "first"
        and any(
            other.limit.mode == "enforce"
            and (other.set_number, other.limit.rule > slot.limit.rule) == (slot.set_number, True)
            and meet(other.limit.match, slot.limit.match) is not False
            for other in compared
        )
    ]
    return list(dict.fromkeys(found))


def _least(cost: int, again: LimitOutcome | Outcome | None) -> int:
    """The low end of what is not spent: requests that come back may crowd out others, which avoids no more than the high end."""
    return 0 if again is None else min(cost, again.cost)


def _dollars(units: int) -> Decimal:
    return Decimal(units) / PICO


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else _EPOCH + timedelta(microseconds=instant)
