"""Values of a tag that are not snake_case.

A value is a name that reports group by. Ids, numbers, dates, versions, paths and addresses are not meant, nor are keys whose
`values:` or `pattern:` the glossary gives.

Fix: write values in lower case with underscores, or list them in the glossary as they are meant to be.
"""

from collections.abc import Iterator

from llmcost.domain.credentials import CREDENTIAL
from llmcost.tags.check import Check, Known, Problem, is_identity
from llmcost.tags.literals import TagSet
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import is_snake_value, listed, quoted, snake


def find(use: KeyUse, found: Usage, known: Known) -> Iterator[Problem]:
    """One finding for each key."""
    if not _is_meant(use.key, known):
        return
    odd = [one.value for one in use.values if _is_odd(one.value)]
    if odd:
        yield Problem(
            message=f"{len(odd):,} of {use.distinct:,} values of {quoted(use.key)} are not snake_case: {listed(odd)}",
            key=use.key,
            help=_help(odd[0]),
        )


def find_written(tags: TagSet, known: Known) -> Iterator[Problem]:
    """Values in programs."""
    for tag in tags.tags:
        if tag.value is not None and _is_meant(tag.key.text, known) and _is_odd(tag.value.text):
            yield Problem(
                message=f"the value {quoted(tag.value.text)} of {quoted(tag.key.text)} is not snake_case",
                key=tag.key.text,
                about=tag.value.text,
                place=tag.value.place,
                help=_help(tag.value.text),
            )


def _is_meant(key: str, known: Known) -> bool:
    rule = known.rule(key)
    return not is_identity(key, known) and (rule is None or not (rule.values or rule.pattern))


def _is_odd(value: str) -> bool:
    # Spelt otherwise a credential has no shape to be masked by; TG603 speaks of it.
    return not is_snake_value(value) and CREDENTIAL.search(value) is None


def _help(value: str) -> str | None:
    better = snake(value)
    return f"such as {quoted(better)}" if better else None


check = Check(code="TG102", severity="info", of_key=find, of_set=find_written)
