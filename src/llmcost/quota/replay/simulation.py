"""Sending requests, in order of time, through a set of limits.

An event is a tuple, as it comes from the ledger:

    0  when it arrived, microseconds since 1970 UTC; events come in this order, and equal instants in a fixed one
    1  when its response ended; what is charged afterwards is charged then
    2  its cost, whole units of 10^-12
    3  its caller, for the tally of who was refused
    4+ keys of counters, weights and first rules, at the places the limits name

At one instant, responses that end are charged first, then requests sent again arrive, then new ones.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from llmcost.quota.replay.outcome import HOUR, Closure, LimitOutcome, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmcost.quota.replay.counting import Counting, LimitSet

Event = tuple[Any, ...]

_ALWAYS = -(2**63)


class Simulation:
    """One set of limits, at work."""

    def __init__(
        self,
        sets: Sequence[LimitSet],
        *,
        refused_count: bool = False,
        retried: bool = False,
        since: int | None = None,
        budgets: Sequence[int] = (),
    ) -> None:
        """Limits at rest.

        With `refused_count`, a refused request moves the counters that are charged on arrival. No gateway's documentation
        was found to say; Kong's older plugin calls it a penalty (https://developer.konghq.com/plugins/rate-limiting-advanced/).
        With `retried`, a refused request is sent once more when its window has passed, or a call that held its place has ended;
        only then does it count as refused.
        What arrived before `since`, microseconds since 1970, fills counters and is refused without being told.
        `budgets` are the places where an event says which budgets have a say in it; needed where a limit is soft.
        """
        numbered = iter(range(sum(len(one.limits) for one in sets)))
        self._sets = [(one, [_State(next(numbered), limit) for limit in one.limits]) for one in sets]
        self._limits = [state for _, states in self._sets for state in states]
        self._firsts = tuple(one.first_at for one in sets if one.decides == "first" and one.first_at is not None)
        self._courses: dict[tuple[int | None, ...], _Course] = {}
        self._refused_count = refused_count
        self._retried = retried
        self._budgets = budgets
        self._since = _ALWAYS if since is None else since
        self._landings: list[tuple[int, int, _State, str, int]] = []
        self._returns: list[tuple[int, int, Event]] = []
        self._sequence = 0
        self._outcome = Outcome(limits=tuple(state.outcome for state in self._limits))

    def feed(self, events: Iterable[Event]) -> None:
        """Send events; none may be earlier than one sent before."""
        for event in events:
            now = event[0]
            while self._returns and self._returns[0][0] <= now:
                time, _, returned = heappop(self._returns)
                self._arrive(returned, time, again=True)
            self._arrive(event, now, again=False)

    def finish(self) -> Outcome:
        """Let the last requests return, and tell what happened."""
        while self._returns:
            time, _, returned = heappop(self._returns)
            self._arrive(returned, time, again=True)
        for state in self._limits:
            for closure in list(state.closed.values()):
                state.reopen(closure, None)
        return self._outcome

    def _arrive(self, event: Event, now: int, *, again: bool) -> None:
        while self._landings and self._landings[0][0] <= now:
            time, _, state, key, weight = heappop(self._landings)
            state.meter.charge(key, time, weight)
        first = tuple(event[at] for at in self._firsts) if self._firsts else ()
        deciding, counting = self._courses.get(first) or self._course(first)
        verdict, refusing = self._verdict(deciding, event, now)
        if verdict is not None and self._retried and not again:
            back = verdict.comes_back(event, now)
            if back is not None:
                self._sequence += 1
                heappush(self._returns, (back, self._sequence, event))
                if self._refused_count:
                    self._move(counting, event, now, refused=True)
                return
        told = event[0] >= self._since
        for state in refusing:
            if told and (state.limit.mode == "audit" or state is verdict):
                state.refuse(event, now)
        if verdict is None:
            for state in deciding:
                if state.closed and (key := event[state.key_at]) in state.closed and state not in refusing:
                    state.reopen(state.closed[key], now)
            self._move(counting, event, now, refused=False)
            return
        if told:
            self._tally(event, now)
        if self._refused_count:
            self._move(counting, event, now, refused=True)

    def _course(self, first: tuple[int | None, ...]) -> _Course:
        """Which limits decide, and which count, where these rules are the first that match in their sets."""
        deciding: list[_State] = []
        counting: list[_State] = []
        rules = iter(first)
        for one, states in self._sets:
            rule = next(rules) if one.decides == "first" and one.first_at is not None else None
            own = [state for state in states if state.limit.rule == rule] if one.decides == "first" else states
            deciding += own
            counting += states if one.counts == "all" else own
        self._courses[first] = deciding, counting
        return deciding, counting

    def _verdict(self, deciding: Sequence[_State], event: Event, now: int) -> tuple[_State | None, Sequence[_State]]:
        """The limit named in the refusal, the first without room; and all without room."""
        refusing: list[_State] | None = None
        for state in deciding:
            key = event[state.key_at]
            if key is None:
                continue
            need = state.need or event[state.weight_at] * state.scale
            if state.meter.used(key, now) + need > state.cap:
                if refusing is None:
                    refusing = []
                refusing.append(state)
        if refusing is None:
            return None, ()
        named = [state for state in refusing if state.limit.mode == "enforce"]
        if not named:
            named = [state for state in refusing if state.limit.mode == "soft"]
            if named and self._allowed(event, refusing):
                named = []
        return (named[0] if named else None), refusing

    def _allowed(self, event: Event, refusing: Sequence[_State]) -> bool:
        """Whether a budget has room in all its windows: one that is full in any of them is full."""
        full = {state.limit.budget_at for state in refusing}
        return any(event[place] for place in self._budgets if place not in full)

    def _move(self, counting: Sequence[_State], event: Event, now: int, *, refused: bool) -> None:
        # A request sent again takes as long as it took.
        end = now + max(event[1] - event[0], 0)
        for state in counting:
            key = event[state.key_at]
            if key is None:
                continue
            if state.held:
                if not refused:
                    state.meter.charge(key, end, event[state.weight_at])
            elif not state.post:
                state.meter.charge(key, now, event[state.weight_at])
            elif not refused:
                self._sequence += 1
                heappush(self._landings, (end, self._sequence, state, key, event[state.weight_at]))

    def _tally(self, event: Event, now: int) -> None:
        outcome = self._outcome
        outcome.refused += 1
        outcome.cost += event[2]
        tally = outcome.callers.setdefault(event[3], [0, 0])
        tally[0] += 1
        tally[1] += event[2]
        hour = now // HOUR
        outcome.hours[hour] = outcome.hours.get(hour, 0) + 1


_Course = tuple[list["_State"], list["_State"]]


class _State:
    """A limit with its counters and what became of it."""

    __slots__ = (
        "cap", "closed", "held", "key_at", "limit", "meter", "need", "number", "outcome", "post", "scale", "weight_at",
    )  # fmt: skip

    def __init__(self, number: int, limit: Counting) -> None:
        self.number = number
        self.limit = limit
        self.meter = limit.meter()
        self.scale = self.meter.scale
        self.cap = limit.amount * self.scale
        self.key_at = limit.key_at
        self.weight_at = limit.weight_at
        self.held = limit.held
        self.post = limit.charge == "post"
        self.need = 1 if self.post or self.held else 0
        """Any room at all will do; 0: what the event weighs."""
        self.outcome = LimitOutcome()
        self.closed: dict[str, Closure] = {}

    def comes_back(self, event: Event, now: int) -> int | None:
        """When a caller refused at `now` tries once more; None: never. Where no window passes, when a call under way has ended."""
        return self.meter.opens(event[self.key_at], now) if self.held else self.meter.reopens(now)

    def refuse(self, event: Event, now: int) -> None:
        """Note a refusal."""
        outcome, key = self.outcome, event[self.key_at]
        outcome.refused += 1
        outcome.cost += event[2]
        outcome.keys[key] = outcome.keys.get(key, 0) + 1
        if outcome.first is None:
            outcome.first = now
        hour = now // HOUR
        outcome.hours[hour] = outcome.hours.get(hour, 0) + 1
        closure = self.closed.get(key)
        if closure is not None and closure.end and now >= closure.end:
            self.reopen(closure, None)
            closure = None
        if closure is None:
            closure = self.closed[key] = Closure(key=key, caller=event[3], start=now, last=now, refused=0)
        closure.last = now
        closure.refused += 1
        closure.end = self.meter.opens(key, now) or 0

    def reopen(self, closure: Closure, now: int | None) -> None:
        """A closure is over: something went through `now`, or its window has passed."""
        del self.closed[closure.key]
        if now is not None:
            closure.end = min(now, closure.end) if closure.end else now
        elif not closure.end:
            closure.end = closure.last
        self.outcome.closures.append(closure)
