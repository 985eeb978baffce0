"""Whether one matcher covers or meets another, decided exactly where it can be and `None` where the file cannot tell.

Answers are True, False, or None for "depends": whether a user is in a team is not written in a config.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

from llmcost.domain.providers import normalise_provider

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from llmcost.quota.limit import Condition, Limit, Matcher

Answer = bool | None

_FRESH = "\x00"
"""A character no config holds: stands for "any text" when patterns are compared."""
_MAX_POINTS = 200_000


def pattern_covers(outer: str, inner: str) -> bool:
    """Whether every text of pattern `inner` is one of `outer`.

    With `*` as the only sign this is exact: put a character no pattern holds for each `*` of the inner one, and see whether
    the outer one matches that text; what matches it there is a `*`, which matches anything else as well.
    """
    return outer == inner or ("*" in outer and _expression(outer).fullmatch(inner.replace("*", _FRESH)) is not None)


def patterns_meet(left: str, right: str) -> bool:
    """Whether some text belongs to both patterns."""
    if "*" not in left:
        return pattern_covers(right, left)
    if "*" not in right:
        return pattern_covers(left, right)
    # Only what stands before the first and after the last `*` can contradict.
    head = left.split("*", 1)[0], right.split("*", 1)[0]
    tail = left.rsplit("*", 1)[1], right.rsplit("*", 1)[1]
    return (head[0].startswith(head[1]) or head[1].startswith(head[0])) and (
        tail[0].endswith(tail[1]) or tail[1].endswith(tail[0])
    )


def covers(outer: Matcher, inner: Matcher) -> Answer:
    """Whether every request that matches `inner` matches `outer`."""
    return _all(_implied(condition, inner.on(condition.dimension)) for condition in outer.conditions)


def meet(left: Matcher, right: Matcher) -> Answer:
    """Whether some request can match both."""
    dimensions = {condition.dimension for condition in left.conditions}
    return _all(_compatible(one, other) for name in dimensions for one in left.on(name) for other in right.on(name))


def missing_keys(limit: Limit, other: Matcher) -> list[str]:
    """Keys a limit counts by that a request of `other` may lack; what gateways do then is not documented."""
    return [key for key in limit.per if not _has(key, other) and not _has(key, limit.match)]


def matches(matcher: Matcher, request: Mapping[str, Collection[str]]) -> Answer:
    """Whether a request matches, given its values by dimension.

    A subject has several: `user:bob` and the teams bob is known to be in. A dimension that is absent is known to be empty;
    teams are unknown unless the request names at least one, so a condition on teams is None then.
    """
    return _all(_holds(condition, request.get(condition.dimension, ())) for condition in matcher.conditions)


def known_as(dimension: str, values: Iterable[str]) -> frozenset[str]:
    """Values of a dimension, and of a provider's the ledger's name too: LiteLLM's `gemini` is `google` there."""
    written = frozenset(values)
    if dimension != "provider":
        return written
    return written | {name for value in written if (name := normalise_provider(value)) is not None}


def uncovered(inner: Matcher, earlier: Sequence[Matcher]) -> bool | None:
    """Whether some request of `inner` is left by all the `earlier` ones together; None when that is not decided here.

    Every dimension is cut into the values the rules name and "any other"; prefixes such as `openai/*` nest, so each has one
    typical member. Exclusions, and patterns with `*` elsewhere, are not decided.
    """
    everyone = [inner, *earlier]
    if any(condition.excluded for one in everyone for condition in one.conditions):
        return None
    names = sorted({condition.dimension for one in everyone for condition in one.conditions})
    if any(len(one.on(name)) > 1 for one in everyone for name in names):
        return None
    points: list[list[str]] = []
    total = 1
    for name in names:
        named = {value for one in everyone for condition in one.on(name) for value in condition.values or ()}
        if any("*" in value[:-1] for value in named):
            return None
        wanted = [value for condition in inner.on(name) for value in condition.values or ()]
        typical = [value.replace("*", _FRESH) for value in {*named, "*"}]
        if wanted:
            typical = [text for text in typical if any(pattern_covers(value, text) for value in wanted)]
        points.append(typical)
        total *= len(typical)
        if total > _MAX_POINTS:
            return None
    return any(
        not any(
            all(
                any(pattern_covers(value, point[names.index(condition.dimension)]) for value in condition.values or ())
                for condition in one.conditions
            )
            for one in earlier
        )
        for point in product(*points)
    )


def _all(answers: Iterable[Answer]) -> Answer:
    """False if any is, else None if any is, else True."""
    found: Answer = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            found = None
    return found


def _implied(wanted: Condition, given: tuple[Condition, ...]) -> Answer:
    """Whether what is given on a dimension makes the wanted condition true."""
    answers = [_follows(wanted, condition) for condition in given]
    if True in answers:
        return True
    return None if None in answers else False


def _follows(wanted: Condition, given: Condition) -> Answer:
    subject = wanted.dimension == "subject"
    found: Answer = True
    if wanted.values is not None and "*" not in wanted.values:
        if given.values is None:
            return False
        answers = [_within(value, wanted, subject=subject) for value in given.values]
        if False in answers:
            return False
        found = None if None in answers else True
    for value in wanted.excluded:
        if any(pattern_covers(other, value) for other in given.excluded):
            continue
        if given.values is None or any(patterns_meet(value, other) for other in given.values):
            return False
        mixed = [_kinds_mix(value, other, wanted) for other in given.values] if subject else []
        if True in mixed:
            return False
        if None in mixed:
            found = None
    return found


def _within(value: str, wanted: Condition, *, subject: bool) -> Answer:
    values = wanted.values or ()
    if any(pattern_covers(one, value) for one in values):
        return True
    asked = subject and not value.startswith("team:") and any(one.startswith("team:") for one in values)
    if not asked:
        return False
    teams = _teams(value, wanted)
    return None if teams is None else any(pattern_covers(one, f"team:{team}") for one in values for team in teams)


def _compatible(left: Condition, right: Condition) -> Answer:
    subject = left.dimension == "subject"
    pairs = [(one, other) for one in left.values or () for other in right.values or ()]
    if pairs and not any(patterns_meet(one, other) for one, other in pairs):
        mixed = [_kinds_mix(one, other, left) for one, other in pairs] if subject else []
        if True not in mixed:
            return None if None in mixed else False
    for one, other in ((left, right), (right, left)):
        if one.values is not None and all(
            any(pattern_covers(excluded, value) for excluded in other.excluded) for value in one.values
        ):
            return False
    return True


def _kinds_mix(left: str, right: str, condition: Condition) -> Answer:
    """Whether one request may carry both subjects: a user and a team, or two teams; None where nobody says."""
    kinds = {left.partition(":")[0], right.partition(":")[0]}
    if "team" not in kinds or left == right:
        return False
    for one, other in ((left, right), (right, left)):
        if (teams := _teams(one, condition)) is not None:
            return any(pattern_covers(other, f"team:{team}") for team in teams)
    return None


def _teams(subject: str, condition: Condition) -> Collection[str] | None:
    """The teams a roster says a user is in; None where there is none or the user is not in it."""
    user = subject.removeprefix("user:") if subject.startswith("user:") else ""
    return None if condition.roster is None or not user else condition.roster.get(user)


def _has(key: str, matcher: Matcher) -> bool:
    """Whether every request of a matcher surely has a value for a partition key."""
    if key == "model":
        return True
    if key in {"user", "team", "virtualaccount"}:
        return any(
            condition.values is not None and all(value.startswith(f"{key}:") for value in condition.values)
            for condition in matcher.on("subject")
        ) or bool(matcher.on(key))
    return any(condition.values is not None for condition in matcher.on(key))


def _holds(condition: Condition, given: Collection[str]) -> Answer:
    answer: Answer = True
    present = known_as(condition.dimension, given)
    if condition.values is not None and not any(
        pattern_covers(value, text) for value in known_as(condition.dimension, condition.values) for text in present
    ):
        answer = _teams_unknown(condition, condition.values, present)
    excluded = known_as(condition.dimension, condition.excluded)
    if any(pattern_covers(value, text) for value in excluded for text in present):
        return False
    if answer is True and condition.excluded and _teams_unknown(condition, condition.excluded, present) is None:
        return None
    return answer


def _teams_unknown(condition: Condition, values: Collection[str], present: Collection[str]) -> Answer:
    """None when teams are asked for, the request names none and no roster does; else False."""
    asked = condition.dimension == "subject" and any(value.startswith("team:") for value in values)
    users = any(text.startswith("user:") and _teams(text, condition) is None for text in present)
    return None if asked and users and not any(text.startswith("team:") for text in present) else False


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
