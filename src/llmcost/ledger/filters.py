"""The `--where` language: `KEY=V`, `KEY!=V`, `KEY~RE2`, `KEY in a,b`, `KEY not in a,b`.

An empty value is unattributed, and `!=` and `not in` include unattributed. Quotes, single or double and doubled to be
meant literally, protect commas, spaces and operators.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from llmcost.domain.errors import UsageError

Operator = Literal["=", "!=", "~", "in", "not in"]

_HINT = "write KEY=V, KEY!=V, KEY~REGEX, 'KEY in a,b' or 'KEY not in a,b'; KEY= is unattributed"
_QUOTED = r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'"
_CONDITION = re.compile(
    rf"\s*(?P<key>{_QUOTED}|[^\s=!~\"'][^\s=!~]*)\s*(?P<operator>!=|=|~|(?<=[\s\"'])(?:not\s+in|in)(?=[\s\"']))(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)
_ITEM = re.compile(rf"\s*(?:(?P<quoted>{_QUOTED})|(?P<plain>[^,]*?))\s*(?P<end>,|$)", re.DOTALL)

_ALONE = re.compile(rf"\s*(?:(?P<quoted>{_QUOTED})|(?P<plain>.*?))\s*(?P<end>\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One `--where`: what a key must be."""

    key: str
    operator: Operator
    values: tuple[str | None, ...]
    """One value, or several for `in` and `not in`; None is unattributed."""


def parse_condition(text: str) -> Condition:
    """The condition `text` spells; UsageError when it spells none."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise UsageError(f"cannot read --where {text!r}", hint=_HINT)
    key, rest = _unquoted(found["key"]), found["rest"]
    match re.sub(r"\s+", " ", found["operator"].lower()):
        case "=":
            return Condition(key=key, operator="=", values=(_value(rest, text),))
        case "!=":
            return Condition(key=key, operator="!=", values=(_value(rest, text),))
        case "~":
            return Condition(key=key, operator="~", values=(_pattern(rest, text),))
        case "in":
            return Condition(key=key, operator="in", values=_values(rest, text))
        case _:
            return Condition(key=key, operator="not in", values=_values(rest, text))


def with_values(text: str, change: Callable[[str], str]) -> str:
    """A condition with `change` made to each of its values as it is meant, written as it was; else `change` made to the text."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        return change(text)
    rest, several = found["rest"], found["operator"].lower().endswith("in")
    changed, position = text[: found.start("rest")], 0
    while True:
        item = (_ITEM.match(rest, position) if several else _ALONE.match(rest)) or _plain(rest, position)
        written = item["quoted"] or item["plain"]
        start = item.start("quoted" if item["quoted"] else "plain")
        changed += rest[position:start] + _rewritten(written, change) + rest[start + len(written) : item.end()]
        if not item["end"]:
            return changed
        position = item.end()


def predicate(condition: Condition, expression: str, bind: Callable[[str], str]) -> str:
    """SQL that is true where `expression` meets the condition; `bind` names the parameter of a value."""
    attributed = [bind(value) for value in condition.values if value is not None]
    listed = ", ".join(attributed)
    has_null = None in condition.values
    match condition.operator:
        case "~":
            return f"coalesce(regexp_matches({expression}, {listed}), false)"
        case "=" | "in":
            wanted = [f"{expression} in ({listed})"] if attributed else []
            return f"({' or '.join([*wanted, f'{expression} is null'] if has_null else wanted)})"
        case _:
            unwanted = [f"coalesce({expression} not in ({listed}), true)"] if attributed else []
            return f"({' and '.join([*unwanted, f'{expression} is not null'] if has_null else unwanted)})"


def split_list(text: str) -> list[str]:
    """The items of a comma-separated list, unquoted; an unfinished quote is part of its item."""
    items: list[str] = []
    position = 0
    while True:
        found = _ITEM.match(text, position) or _plain(text, position)
        items.append(_unquoted(found["quoted"]) if found["quoted"] is not None else found["plain"])
        if not found["end"]:
            return items
        position = found.end()


def _plain(text: str, position: int) -> re.Match[str]:
    """An item with something behind its closing quote, taken as it stands."""
    found = re.compile(r"(?P<quoted>(?!))?(?P<plain>[^,]*)(?P<end>,|$)").match(text, position)
    if found is None:  # the pattern matches the empty string
        raise UsageError(f"cannot read the list {text!r}")
    return found


def _value(rest: str, text: str) -> str | None:
    stripped = rest.strip()
    if re.fullmatch(_QUOTED, stripped):
        return _unquoted(stripped) or None
    if stripped[:1] in {'"', "'"} and len(stripped) > 1 and stripped[-1] != stripped[0]:
        raise UsageError(f"a quote is not closed in --where {text!r}", hint=_HINT)
    return stripped or None


def _pattern(rest: str, text: str) -> str:
    pattern = _value(rest, text)
    if pattern is None:
        raise UsageError(f"no pattern in --where {text!r}", hint=_HINT)
    return pattern


def _values(rest: str, text: str) -> tuple[str | None, ...]:
    if not rest.strip():
        raise UsageError(f"no values in --where {text!r}", hint=_HINT)
    return tuple(item or None for item in split_list(rest))


def _rewritten(value: str, change: Callable[[str], str]) -> str:
    """A value changed as it is meant, between the quotes it was written with."""
    meant = _unquoted(value)
    after = change(meant)
    if after == meant:
        return value
    return after if meant == value else value[0] + after.replace(value[0], value[0] * 2) + value[0]


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in {'"', "'"}:
        return text[1:-1].replace(text[0] * 2, text[0])
    return text
