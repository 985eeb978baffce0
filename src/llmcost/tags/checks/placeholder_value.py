"""A value that stands for none.

`unknown`, `none`, `test` or `todo` makes a request look attributed that is not. In `environment` some of these words are names of
environments, and are left alone there.

Fix: leave the tag out where nobody knows the value; reports then show the cost as unattributed, which it is.
"""

from collections.abc import Iterator

from llmcost.domain.text import plural
from llmcost.tags.check import Check, Known, Problem
from llmcost.tags.literals import TagSet
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import listed, quoted

_NOTHING = frozenset(
    {
        *(
            "unknown",
            "none",
            "null",
            "nil",
            "nan",
            "n/a",
            "na",
            "undefined",
            "unset",
            "empty",
            "missing",
            "-",
            "--",
            "?",
        ),
        *("todo", "tbd", "fixme", "xxx", "changeme", "change_me", "placeholder", "dummy", "your_team", "your_value"),
        *("foo", "bar", "baz", "foobar", "asdf", "lorem", "string", "value", "example", "<value>", "..."),
    }
)
_OTHERWISE = frozenset({"test", "tests", "testing", "default", "sample", "demo", "other", "misc"})
"""Placeholders unless they name an environment or a plan."""
_NAMES = frozenset({"environment", "plan"})


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """One finding for each key."""
    odd = [one for one in use.values if _stands_for_none(use.key, one.value, known)]
    if odd:
        count = sum(one.requests for one in odd)
        yield Problem(
            message=f"{quoted(use.key)} has placeholders on {plural(count, 'request')}: {listed([one.value for one in odd])}",
            key=use.key,
            help="leave the tag out where its value is not known",
        )


def find_written(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Values in programs."""
    for tag in tags.tags:
        if tag.value is not None and _stands_for_none(tag.key.text, tag.value.text, known):
            yield Problem(
                message=f"the value {quoted(tag.value.text)} of {quoted(tag.key.text)} is a placeholder",
                key=tag.key.text,
                about=tag.value.text,
                place=tag.value.place,
                help="leave the tag out where its value is not known",
            )


def _stands_for_none(key: str, value: str, known: Known) -> bool:
    rule = known.rule(key)
    if rule is not None and value in rule.values:
        return False
    word = value.strip().lower().replace("-", "_") if len(value.strip()) > 2 else value.strip().lower()
    return word in _NOTHING or (word in _OTHERWISE and known.column(key) not in _NAMES)


check = Check(code="TG601", severity="warning", of_key=find, of_set=find_written)
