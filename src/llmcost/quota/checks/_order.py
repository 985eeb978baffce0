"""Finding the earlier rules that may cover a later one without comparing every pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost.quota.limit import Condition, Limit, Matcher


class Earlier:
    """Rules by a value of their first condition: one that covers a rule shares it, or has no such value."""

    def __init__(self) -> None:
        self.always: list[Limit] = []
        self.by_value: dict[tuple[str, str], list[Limit]] = {}
        self._known: set[tuple[Matcher, tuple[str, ...]]] = set()

    def add(self, limit: Limit) -> None:
        """Remember a rule, unless it hides no more than one remembered."""
        if (limit.match, limit.per) in self._known:
            return
        self._known.add((limit.match, limit.per))
        plain = [
            condition
            for condition in limit.match.conditions
            if condition.values is not None and not any("*" in value for value in condition.values)
        ]
        if not plain:
            self.always.append(limit)
            return
        for value in plain[0].values or ():
            self.by_value.setdefault((plain[0].dimension, value), []).append(limit)

    def near(self, limit: Limit) -> list[Limit]:
        """Rules remembered that may cover this one, in order."""
        found = {one.rule: one for one in self.always}
        for condition in limit.match.conditions:
            # A rule that covers this one has all of these values, so looking at the rarest is enough.
            lists = [
                [one for name in _names(value, condition) for one in self.by_value.get((condition.dimension, name), [])]
                for value in condition.values or ()
            ]
            found.update((one.rule, one) for one in min(lists, key=len, default=[]))
        return [found[place] for place in sorted(found)]


def _names(value: str, condition: Condition) -> list[str]:
    """A value, and for a user the teams a roster says they are in."""
    teams = () if condition.roster is None else condition.roster.get(value.removeprefix("user:"), ())
    return [value, *(f"team:{team}" for team in sorted(teams))]
