"""A word that must be one of a few."""

from collections.abc import Sequence
from typing import TypeVar

from llmcost.domain.errors import UsageError

Word = TypeVar("Word", bound=str)


def choice(option: str, word: str, words: Sequence[Word]) -> Word:
    """The one of `words` the user wrote for `option`; UsageError listing them all otherwise."""
    for known in words:
        if word == known:
            return known
    raise UsageError(f"{option} cannot be {word!r}", hint=f"use {' or '.join(words)}")
