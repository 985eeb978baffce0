"""Tags as they are written in a program, each with its place."""

from dataclasses import dataclass

from llmcost.domain.finding import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A text in a program."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A key and what it is set to."""

    key: Literal
    value: Literal | None
    """None where the program computes it."""
    type: str = "text"
    """Of the value: text, or what JSON calls it where it is written as something else; `computed`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSet:
    """The tags one call or header is given."""

    carrier: str
    """Such as `X-TFY-METADATA` or `metadata`."""
    place: Place
    tags: tuple[Tag, ...]
    complete: bool
    """Whether all of its keys are written there."""
    only_text: bool = False
    """Whether whoever receives it takes nothing but text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What keeps a place from being read."""

    kind: str
    """`syntax`: the file is no Python; `json`: a header's value is no JSON object."""
    message: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonFile:
    """One file and the tags in it."""

    name: str
    lines: tuple[str, ...]
    sets: tuple[TagSet, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
