"""The smallest round limits that would have refused no more than asked: found by replay, several at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.config.nodes import parse_text
from llmcost.domain.errors import UsageError
from llmcost.domain.text import plural
from llmcost.quota.files import opened_text
from llmcost.quota.plan_ranks import RANKS
from llmcost.quota.replay.counting import PICO, whole_amount
from llmcost.quota.replay.plan import limit_sets, plan
from llmcost.quota.replay.simulation import Simulation
from llmcost.quota.replay.traffic import Traffic
from llmcost.quota.replay.warming import warmed
from llmcost.quota.suggest.draft import Form, drafts, written
from llmcost.quota.suggest.ladder import above, below, rung

if TYPE_CHECKING:
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.quota.replay.plan import Plan
    from llmcost.quota.replay.traffic import Demand, Totals
    from llmcost.quota.suggest.draft import Draft, Per

LEAST_WINDOWS = 7
"""Windows with any use that a suggestion needs."""
_TRIED = 5
_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}
MONTH = 30 * 86_400
"""Seconds of the month exposure is told for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """One rule with its number, and what it would have done."""

    draft: Draft
    amount: Decimal
    demand: Demand
    decided: int
    refused: int
    exposure: Decimal | None
    """What its counters could spend in 30 days at the limit, US dollars; None where nothing is known of the cost."""
    capped: bool
    """Whether the cap of exposure made it tighter than asked."""
    raised_to: str | None = None
    """The lower plan whose larger amount it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A config, and the rules that could not be suggested."""

    rules: tuple[Suggested, ...]
    left_out: tuple[tuple[str, str], ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What limits are wanted."""

    per: Per
    form: Form
    rate: Decimal
    """Largest share of a rule's requests it may refuse, 0 to 1."""
    cap: Decimal | None = None
    """Most that all counters at their limits may spend in 30 days, US dollars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """Trying amounts on the same requests."""

    connection: Connection
    selection: Selection
    plan: Plan
    totals: Totals
    demands: list[Demand]
    ask: Ask

    def found(self, rules: list[int]) -> dict[int, Decimal]:
        """The smallest round amount of each rule that refuses no more than asked."""
        whole = self.ask.form.unit != "cost"
        amounts: dict[int, Decimal] = {}
        least = {number: rung(_units(self.least(number), self.ask), whole=whole) for number in rules}
        # What refuses little enough in windows the clock starts is a good first guess for windows that slide.
        guess = {
            number: max(
                least[number],
                rung(_units(_first_guess(self.connection, number, self.ask.rate), self.ask), whole=whole)
                if self.ask.form.unit == "requests"
                else least[number],
            )
            for number in rules
        }
        pending = list(rules)
        while pending:
            tries: list[dict[int, Decimal]] = []
            rungs = dict(guess)
            for _ in range(_TRIED):
                tries.append(dict(rungs))
                rungs |= {number: above(rungs[number], whole=whole) for number in pending}
            results = self.refused(tries, pending)
            for number in list(pending):
                fits = [
                    tried[number]
                    for tried, refused in zip(tries, results, strict=True)
                    if refused[number] <= self.ask.rate * self.totals.decided[number]
                ]
                if fits and (number not in amounts or fits[0] < amounts[number]):
                    amounts[number] = fits[0]
                lower = max(_lower(guess[number], whole=whole), least[number])
                if not fits and number not in amounts:
                    guess[number] = rungs[number]
                elif fits and fits[0] == guess[number] and lower < guess[number]:
                    # Even the smallest of these fits: limits charged after the response refuse less than is above them.
                    guess[number] = lower
                else:
                    pending.remove(number)
        return amounts

    def least(self, number: int) -> int:
        """What a limit must leave room for.

        Limits charged after the response let any one request pass, so that a limit far below what a usual window uses would
        still refuse few; nineteen of twenty windows must fit whole.
        """
        return 0 if self.ask.form.unit == "requests" else self.demands[number].p95

    def refused(self, tries: list[dict[int, Decimal]], rules: list[int]) -> list[dict[int, int]]:
        """How many requests each rule refuses, for several sets of amounts that grow, in one pass."""
        plans = [self._with(amounts) for amounts in tries]
        # What cannot fill the smallest amounts, which come first, cannot fill the others.
        wide, since = warmed(self.connection, self.selection, plans[0].slots)
        traffic = Traffic(self.connection, wide, plans[0], since=since)
        hot = [number for number in rules if traffic.demand(number).hot]
        places, firsts, _ = traffic.layout(hot)
        running = [Simulation(limit_sets(one, hot, places, firsts), since=since) for one in plans]
        if hot:
            for piece in traffic.events(hot):
                for one in running:
                    one.feed(piece)
        outcomes = [one.finish() for one in running]
        return [
            dict.fromkeys(rules, 0) | {number: outcome.limits[at].refused for at, number in enumerate(hot)}
            for outcome in outcomes
        ]

    def _with(self, amounts: dict[int, Decimal]) -> Plan:
        slots = tuple(
            replace(slot, amount=whole_amount(amounts.get(number, Decimal(1)), slot.limit.unit, slot.limit.charge))
            for number, slot in enumerate(self.plan.slots)
        )
        return replace(self.plan, slots=slots)


def suggest(connection: Connection, selection: Selection, ask: Ask) -> Suggestion:
    """Limits that meet the ask on the selected requests."""
    found = drafts(connection, selection, ask.per)
    made = _planned(found, ask)
    traffic = Traffic(connection, selection, made)
    totals = traffic.totals()
    demands = [traffic.demand(number) for number in range(len(found))]
    known = [number for number, demand in enumerate(demands) if demand.windows >= LEAST_WINDOWS]
    left_out = [
        (found[number].id, f"used in {demand.windows} {ask.form.span}s only, {LEAST_WINDOWS} are needed")
        for number, demand in enumerate(demands)
        if number not in known
    ]
    if not known:
        raise UsageError(
            f"too little history: no {ask.per} has use in {LEAST_WINDOWS} different {ask.form.span}s",
            hint="ask for a longer period or a shorter --window",
        )
    search = _Search(connection=connection, selection=selection, plan=made, totals=totals, demands=demands, ask=ask)
    amounts = search.found(known)
    raised = _ordered(amounts, found) if ask.per == "plan" else {}
    prices = {number: _price(connection, traffic, made, number) for number in known}
    exposures = {number: _exposure(amounts[number], demands[number], prices[number], ask) for number in known}
    capped: set[int] = set()
    total = sum((value for value in exposures.values() if value is not None), Decimal(0))
    if ask.cap is not None and total > ask.cap:
        level = _level([value for value in exposures.values() if value is not None], ask.cap)
        for number, exposure in exposures.items():
            if exposure is not None and exposure > level:
                amounts[number] = below(amounts[number] * level / exposure, whole=ask.form.unit != "cost")
                capped.add(number)
        exposures = {number: _exposure(amounts[number], demands[number], prices[number], ask) for number in known}
    refused = search.refused([amounts], known)[0]
    rules = tuple(
        Suggested(
            draft=found[number],
            amount=amounts[number],
            demand=demands[number],
            decided=totals.decided[number],
            refused=refused[number],
            exposure=exposures[number],
            capped=number in capped,
            raised_to=None if number in capped else raised.get(number),
        )
        for number in known
    )
    return Suggestion(rules=rules, left_out=tuple(left_out), text=_text(rules, left_out, ask))


def _ordered(amounts: dict[int, Decimal], found: tuple[Draft, ...]) -> dict[int, str]:
    """Give a plan no less than lower ones get, and tell whose amount it is: who used less has not bought less.

    A larger amount refuses no more, so that the rate asked for is kept.
    """
    ranked = sorted(
        (RANKS[name.lower()], number, name)
        for number in amounts
        for _, name in [found[number].condition or ("", "")]
        if name.lower() in RANKS
    )
    asked = dict(amounts)
    raised: dict[int, str] = {}
    for rank, number, _ in ranked:
        lower = [(asked[other], name) for below_it, other, name in ranked if below_it < rank]
        most, name = max(lower, key=lambda one: one[0], default=(asked[number], ""))
        if most > asked[number]:
            amounts[number] = most
            raised[number] = name
    return raised


def _planned(found: tuple[Draft, ...], ask: Ask) -> Plan:
    """The drafts as limits, read back by the dialect they are written in, so that what is tried is what is written."""
    text = written([(draft, Decimal(1), ()) for draft in found], ask.form)
    return plan(opened_text(parse_text(text, "suggested")).configs)


def _lower(amount: Decimal, *, whole: bool) -> Decimal:
    """As many round numbers lower as are tried at once, less one: the amount itself is known to fit."""
    for _ in range(_TRIED - 1):
        amount = below(amount * Decimal("0.999"), whole=whole)
    return amount


def _first_guess(connection: Connection, number: int, rate: Decimal) -> int:
    """The largest use of a window such that a limit there would refuse more than the rate of all use; else the smallest use.

    In windows the clock starts, a limit refuses what is above it in each of them.
    """
    row = connection.execute(
        f"""
        select coalesce(max(weight) filter (where refused > $rate * total), min(weight), 0)
        from (
            select weight,
                sum(weight) over () as total,
                coalesce(sum(weight) over later, 0) - coalesce(count(*) over later, 0) * weight as refused
            from demand_{number}
            window later as (order by weight rows between 1 following and unbounded following)
        )
        """,
        {"rate": rate},
    ).fetchone()
    return int(row[0]) if row is not None else 0


def _level(exposures: list[Decimal], cap: Decimal) -> Decimal:
    """The height to cut the largest exposures to so that all together come to the cap; the small ones stay whole."""
    left = cap
    for place, exposure in enumerate(sorted(exposures)):
        level = left / (len(exposures) - place)
        if exposure > level:
            return level
        left -= exposure
    return max(exposures)


def _units(weight: int, ask: Ask) -> Decimal:
    return Decimal(weight) / PICO if ask.form.unit == "cost" else Decimal(weight)


def _price(connection: Connection, traffic: Traffic, made: Plan, number: int) -> Decimal | None:
    """What a unit of a rule's use cost on average, US dollars."""
    used, cost = traffic.use(number)
    if made.slots[number].limit.unit == "cost":
        return Decimal(1)
    return Decimal(cost) / PICO / used if used and cost else None


def _exposure(amount: Decimal, demand: Demand, price: Decimal | None, ask: Ask) -> Decimal | None:
    if price is None:
        return None
    return amount * demand.counters * price * MONTH / _SECONDS[ask.form.span]


def _text(rules: tuple[Suggested, ...], left_out: list[tuple[str, str]], ask: Ask) -> str:
    span, unit = ask.form.span, ask.form.unit
    head = [
        f"limits on {unit} per {span}, from past use: at most {ask.rate * 100:f}% of a rule's requests refused",
        "tried by replaying that use; `llmcost quota simulate` shows what they would have done",
    ]
    # A name from a log stays inside its line.
    head += [f"not suggested: {name!r}, {reason}".replace("\n", " ") for name, reason in left_out]
    return written([(rule.draft, rule.amount, _comments(rule, ask)) for rule in rules], ask.form, head)


def _comments(rule: Suggested, ask: Ask) -> list[str]:
    def told(weight: int) -> str:
        value = _units(weight, ask)
        return f"${value:,.4f}" if ask.form.unit == "cost" else f"{value:,.0f}"

    demand = rule.demand
    share = 100 * Decimal(rule.refused) / rule.decided if rule.decided else Decimal(0)
    use = (
        f"use per {ask.form.span}: p50 {told(demand.p50)}, p95 {told(demand.p95)}, p99 {told(demand.p99)},"
        f" max {told(demand.most)}; {demand.windows:,} {ask.form.span}s with use, {plural(demand.counters, 'counter')}"
    )
    lines = [
        use,
        f"would have refused {rule.refused:,} of {rule.decided:,} requests ({share:.3f}%)",
    ]
    if rule.exposure is not None:
        lines.append(f"at the limit all month: ${rule.exposure:,.2f} in 30 days, at past prices")
    if rule.raised_to is not None:
        lines.append(f"its use asks for less: no less than plan {rule.raised_to!r} gets")
    if rule.capped:
        lines.append("tighter than asked, to stay under the cap")
    return lines
