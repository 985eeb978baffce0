"""What a change of cost is made of: volume, model mix, errors, tokens per request, cache rate and price, exactly.

The cost of a model within a segment is a product,

    requests x mix x served x (input x ((1 - cached) x input price + cached x cache price) + output x output price + rest)

where requests are the segment's, mix is the model's share of them, served the share of its requests that did not fail free
of charge, input and output are tokens per served request, cached is the share of input read from a cache, and rest is cost
of anything else per served request. An effect is its factor's Shapley value: the change that putting in the factor's later
value makes, averaged over every order in which the six factors can be put in. It depends on no order, and the six add up to
the difference (A. F. Shorrocks, "Decomposition procedures for distributional analysis: a unified framework based on the
Shapley value", 2013, https://doi.org/10.1007/s10888-011-9214-z). Arithmetic is in fractions; only the results are rounded,
by largest remainder, so that they still add up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import factorial, lcm, prod
from typing import Literal, get_args

from llmcost.domain.exact import EXACT, total

Effect = Literal["volume", "mix", "errors", "tokens", "cache", "price"]
EFFECTS: tuple[Effect, ...] = get_args(Effect)

_ORDERS = factorial(len(EFFECTS))
_INNER = 3
"""How many factors, the last ones, are inside the bracket; the others multiply it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one model did in one segment and period. Nothing is below zero but, where something was credited, a cost."""

    requests: int = 0
    served: int = 0
    """Requests that did not fail free of charge, at most `requests`."""
    input_tokens: int = 0
    """Input that was not read from a cache."""
    cached_tokens: int = 0
    output_tokens: int = 0
    input_cost: Decimal = Decimal(0)
    cached_cost: Decimal = Decimal(0)
    output_cost: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    """The total, whatever it is made of."""


Segment = tuple[str | None, ...]
Change = Mapping[tuple[Segment, str | None], tuple[Usage, Usage]]
"""Usage before and after, by segment and model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one segment adds to a change."""

    segment: Segment
    before: Decimal
    after: Decimal
    effects: tuple[Decimal, ...]
    """In the order of `EFFECTS`; they add up to `change`."""

    @property
    def change(self) -> Decimal:
        """The difference."""
        return EXACT.subtract(self.after, self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposition:
    """A change, taken apart."""

    before: Decimal
    after: Decimal
    segments: tuple[Contribution, ...]
    """The largest rise first; they add up to the change."""

    @property
    def change(self) -> Decimal:
        """The difference."""
        return EXACT.subtract(self.after, self.before)

    @property
    def effects(self) -> tuple[Decimal, ...]:
        """The effects over all segments; they add up to the change."""
        return tuple(total(one.effects[place] for one in self.segments) for place in range(len(EFFECTS)))


def decomposed(change: Change, places: int = 12) -> Decomposition:
    """Take a change apart; amounts must have at most so many decimals."""
    by_segment: dict[Segment, list[tuple[Usage, Usage]]] = {}
    for (segment, _), pair in change.items():
        by_segment.setdefault(segment, []).append(pair)
    parts = [_contribution(segment, pairs, places) for segment, pairs in by_segment.items()]
    parts.sort(key=lambda one: (-one.change, tuple((value is None, value or "") for value in one.segment)))
    return Decomposition(
        before=total(one.before for one in parts),
        after=total(one.after for one in parts),
        segments=tuple(parts),
    )


def _contribution(segment: Segment, pairs: Sequence[tuple[Usage, Usage]], places: int) -> Contribution:
    totals = [sum(_requests(pair[time]) for pair in pairs) for time in (0, 1)]
    effects = [Fraction(0)] * len(EFFECTS)
    for pair in pairs:
        for place, effect in enumerate(shapley(*_factors(pair, totals))):
            effects[place] += effect
    before, after = (total(pair[time].cost for pair in pairs) for time in (0, 1))
    return Contribution(
        segment=segment, before=before, after=after, effects=_rounded(effects, EXACT.subtract(after, before), places)
    )


Factors = tuple[Fraction, Fraction, Fraction, tuple[Fraction, ...], Fraction, tuple[Fraction, ...]]
"""Requests, mix, served, (input, output), cached, (input price, cache price, output price, rest)."""


def shapley(before: Factors, after: Factors) -> list[Fraction]:
    """The effect of each factor, in the order of `EFFECTS`; they add up to the difference of the products."""
    # Whole numbers over one denominator for each factor: reducing a fraction at every step takes most of the time.
    counts = [_whole(before[0], after[0]), _whole(before[1], after[1]), _whole(before[2], after[2])]
    tokens, token_unit = _whole(*before[3], *after[3])
    cached, one = _whole(before[4], after[4])
    prices, price_unit = _whole(*before[5], *after[5])
    outer = {chosen: prod(counts[place][0][side] for place, side in enumerate(chosen)) for chosen in _subsets(_INNER)}
    inner = {
        chosen: _bracket(tokens[2 * chosen[0] :], cached[chosen[1]], prices[4 * chosen[2] :], one, token_unit)
        for chosen in _subsets(_INNER)
    }
    size = len(EFFECTS)
    effects = [0] * size
    for chosen in _subsets(size):
        value = outer[chosen[:_INNER]] * inner[chosen[_INNER:]]
        if not value:
            continue
        later = sum(chosen)
        joined = factorial(later - 1) * factorial(size - later) if later else 0
        left = factorial(later) * factorial(size - later - 1) if later < size else 0
        for place, side in enumerate(chosen):
            effects[place] += value * joined if side else -value * left
    unit = prod(denominator for _, denominator in counts) * token_unit * one * price_unit * _ORDERS
    return [Fraction(effect, unit) for effect in effects]


def _bracket(tokens: Sequence[int], cached: int, prices: Sequence[int], one: int, token_unit: int) -> int:
    """What is in the bracket, over the denominators of tokens, cached and prices; `one` is all cached."""
    fresh, hit, output, rest = prices[:4]
    return tokens[0] * ((one - cached) * fresh + cached * hit) + one * (tokens[1] * output + token_unit * rest)


def _whole(*values: Fraction) -> tuple[list[int], int]:
    """The values as whole numbers over one denominator."""
    unit = lcm(*(value.denominator for value in values))
    return [value.numerator * (unit // value.denominator) for value in values], unit


def _subsets(size: int) -> Iterable[tuple[int, ...]]:
    return product((0, 1), repeat=size)


def _requests(usage: Usage) -> int:
    """At least one where something was spent: a cost needs something to be the cost of."""
    return max(usage.requests, _served(usage))


def _served(usage: Usage) -> int:
    spent = usage.cost or usage.input_tokens or usage.cached_tokens or usage.output_tokens
    return max(usage.served, 1) if spent else usage.served


def _factors(pair: tuple[Usage, Usage], totals: Sequence[int]) -> tuple[Factors, Factors]:
    """The factors of both times; one that has no value at one time has that of the other, so that it has no effect."""
    known = [_own(usage, _requests(usage), count) for usage, count in zip(pair, totals, strict=True)]
    filled = [
        [
            mine if mine is not None else Fraction(0) if other is None else other
            for mine, other in zip(*order, strict=True)
        ]
        for order in (known, known[::-1])
    ]
    before, after = ((f[0], f[1], f[2], (f[3], f[4]), f[5], (f[6], f[7], f[8], f[9])) for f in filled)
    return before, after


def _own(usage: Usage, requests: int, in_segment: int) -> list[Fraction | None]:
    served = _served(usage)
    read = usage.input_tokens + usage.cached_tokens
    fresh = _ratio(usage.input_cost, usage.input_tokens)
    hit = _ratio(usage.cached_cost, usage.cached_tokens)
    output = _ratio(usage.output_cost, usage.output_tokens)
    told = sum((Fraction(cost) for cost, tokens in _classes(usage) if tokens), Fraction(0))
    return [
        Fraction(in_segment),
        _ratio(requests, in_segment),
        _ratio(served, requests),
        _ratio(read, served),
        _ratio(usage.output_tokens, served),
        _ratio(usage.cached_tokens, read),
        fresh,
        hit,
        output,
        _ratio(Fraction(usage.cost) - told, served),
    ]


def _classes(usage: Usage) -> tuple[tuple[Decimal, int], ...]:
    return (
        (usage.input_cost, usage.input_tokens),
        (usage.cached_cost, usage.cached_tokens),
        (usage.output_cost, usage.output_tokens),
    )


def _ratio(amount: Decimal | Fraction | int, count: int) -> Fraction | None:
    return Fraction(amount) / count if count else None


def _rounded(effects: Sequence[Fraction], total: Decimal, places: int) -> tuple[Decimal, ...]:
    """The effects in whole units of the last place, the units missing given to the largest remainders."""
    unit = 10**places
    floors = [effect * unit // 1 for effect in effects]
    missing = int(Fraction(total) * unit) - sum(floors)
    order = sorted(range(len(effects)), key=lambda place: (floors[place] - effects[place] * unit, place))
    for place in order[:missing]:
        floors[place] += 1
    return tuple(EXACT.scaleb(Decimal(floor), -places) for floor in floors)
