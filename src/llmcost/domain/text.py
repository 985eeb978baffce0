"""Words for messages: plurals and near names."""

import difflib
from collections.abc import Iterable

_BRIEF = 80


def nearest(name: str, known: Iterable[str]) -> str | None:
    """`did you mean 'a' or 'b'?`, or None when nothing is near."""
    return did_you_mean(difflib.get_close_matches(name, list(dict.fromkeys(known)), n=3, cutoff=0.6))


def did_you_mean(names: Iterable[str]) -> str | None:
    """`did you mean 'a' or 'b'?`, or None of no names."""
    asked = " or ".join(map(repr, names))
    return f"did you mean {asked}?" if asked else None


def brief(name: str) -> str:
    """A name from a log for the inside of a sentence: of a long one its beginning and its end."""
    return name if len(name) <= _BRIEF else f"{name[: _BRIEF // 2]}…{name[-_BRIEF // 4 :]}"


def plural(count: int, singular: str, several: str | None = None) -> str:
    """`1 row`, `2 rows`, `1,234 rows`."""
    word = singular if count == 1 else several or f"{singular}s"
    return f"{count:,} {word}"
