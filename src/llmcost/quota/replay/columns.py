"""What a limit matches and counts by, as SQL over the ledger's requests.

A gateway knows a caller; the ledger knows what the log said of it. A value the log lacks is null, which matches no list of
wanted values and is in no list of unwanted ones. The requested model is compared with and without its provider in front.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.domain.request import WHO
from llmcost.ledger.dimensions import dimension, dimension_names
from llmcost.ledger.identifiers import json_pointer, quote_identifier
from llmcost.quota.matching import known_as, pattern_covers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from llmcost.quota.limit import Condition, Matcher

_YEAR = 31_536_000_000
"""Milliseconds; what a log says beyond it, or below 0, is no time that a call took."""
ENDED = (
    "coalesce(ended_at, started_at + "
    f"to_microseconds(cast(case when latency_ms between 0 and {_YEAR} then latency_ms end * 1000 as bigint)))"
)
"""When a response ended; null where the log does not say."""
_SUBJECTS = ("user", "team", "virtualaccount")
"""Prefixes of subjects, each also the name of a dimension."""
_CALLERS = ("user", "virtualaccount", "team", "api_key", "customer")

_COLUMNS = {
    "team": "team",
    "virtualaccount": "virtual_account",
    "virtual_account": "virtual_account",
    "model": "coalesce(request_model, model)",
    "provider": "provider",
    "api_key": "api_key_id",
    "key": "api_key_id",
    "customer": "customer_id",
    "tenant": "customer_id",
}
_TAGGED = ("metadata", "header", "tags")
_MAIL = "user_email"


def knows(name: str) -> bool:
    """Whether the ledger may hold a dimension of a request."""
    kind, found, key = name.partition(".")
    return name in known_names() or bool(found and key and kind in _TAGGED)


def known_names() -> set[str]:
    """Dimensions of a request but those of its tags."""
    return {
        "user",
        "consumer",
        "subject",
        *_COLUMNS,
        *(name for name in dimension_names() if "grain" not in dimension(name).notes),
    }


class Columns:
    """Dimensions of limits as SQL; values are bound."""

    def __init__(
        self,
        bind: Callable[[object], str],
        tags: Collection[str],
        roster: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """`tags` are the keys some request carries; `roster` the teams of users, for requests that name none."""
        self._bind = bind
        self._tags = set(tags)
        self._roster = roster or {}

    def expression(self, name: str) -> str:
        """A dimension's value; UsageError when the ledger has nothing of the kind."""
        if name == "user":
            # Where a tag called user_id says something else, the gateway still knows its caller by e-mail.
            return f"coalesce({self._tag(_MAIL)}, user_id)" if _MAIL in self._tags else "user_id"
        if name == "consumer":
            # Kong's word for whoever has a key: a program or a person.
            return f"coalesce(virtual_account, {self.expression('user')})"
        if name == "team" and self._roster:
            # A request counts for one team; of several, the first by name.
            users = sorted(user for user, teams in self._roster.items() if teams)
            teams = [min(self._roster[user]) for user in users]
            user = self.expression("user")
            return f"coalesce(team, {self._bind(teams)}[list_position({self._bind(users)}, {user})])"
        if name in _COLUMNS:
            return _COLUMNS[name]
        kind, found, key = name.partition(".")
        if found and kind in _TAGGED:
            column = [quote_identifier(key)] if key in WHO else []
            tag = [self._tag(key)] if key in self._tags or not column else []
            return f"coalesce({', '.join([*tag, *column])})" if len(tag) + len(column) > 1 else (tag + column)[0]
        if knows(name) and name in dimension_names():
            return f"cast({dimension(name).sql} as varchar)"
        raise UsageError(f"the ledger does not know {name!r} of a request")

    def key(self, names: Collection[str], *, shared: bool) -> str:
        """The key of a counter; null where a request lacks one of the names, unless those share a counter."""
        parts = [self.expression(name) for name in names]
        if shared:
            parts = [f"coalesce({part}, '')" for part in parts]
        return " || chr(31) || ".join(f"({part})" for part in parts) or "''"

    def matches(self, matcher: Matcher) -> str:
        """True where a request matches."""
        return " and ".join(self._holds(condition) for condition in matcher.conditions) or "true"

    def caller(self) -> str:
        """Who sent a request, as a subject of the gateway."""
        names = [f"'{name}:' || ({self.expression(name)})" for name in _CALLERS]
        return f"coalesce({', '.join(names)})"

    def _tag(self, key: str) -> str:
        return f"json_extract_string(tags, {self._bind(json_pointer(key))})"

    def _holds(self, condition: Condition) -> str:
        terms = []
        if condition.values is not None:
            terms.append(self._one_of(condition.dimension, condition.values))
        if condition.excluded:
            terms.append(f"not {self._one_of(condition.dimension, condition.excluded)}")
        return " and ".join(terms) or "true"

    def _one_of(self, name: str, values: Collection[str]) -> str:
        if name != "subject":
            return self._in(name, values)
        by_kind: dict[str, list[str]] = {}
        for value in sorted(values):
            kind, found, rest = value.partition(":")
            if value == "*":
                for subject in _SUBJECTS:
                    by_kind.setdefault(subject, []).append("*")
            elif found and kind in _SUBJECTS:
                by_kind.setdefault(kind, []).append(rest)
        terms = [self._in(kind, wanted) for kind, wanted in by_kind.items()]
        members = self._members(by_kind.get("team", ()))
        if members:
            terms.append(f"(team is null and {self._in('user', members)})")
        return f"({' or '.join(terms) or 'false'})"

    def _members(self, wanted: Collection[str]) -> list[str]:
        """Users a roster has in one of these teams."""
        return [
            user
            for user, teams in self._roster.items()
            if any(pattern_covers(pattern, team) for pattern in wanted for team in teams)
        ]

    def _in(self, name: str, values: Collection[str]) -> str:
        expression = f"({self.expression(name)})"
        forms = [expression, f"(provider || '/' || {expression})"] if name == "model" else [expression]
        wanted = sorted(known_as(name, values))
        plain = [self._bind(value) for value in wanted if "*" not in value]
        patterns = [self._bind(_like(value)) for value in wanted if "*" in value]
        terms = [f"{form} in ({', '.join(plain)})" for form in forms if plain]
        terms += [f"{form} like {pattern} escape '\\'" for form in forms for pattern in patterns]
        return f"({' or '.join(f'coalesce({term}, false)' for term in terms) or 'false'})"


def _like(pattern: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", pattern).replace("*", "%")
