"""YAML as it was written: every key and value with its place, nothing refused and nothing decided yet.

`config.yaml` reads files that are ours and refuses what is unclear in them. A linter reads other tools' files and has to say
what is unclear: a key written twice, `off` where a name was meant, `05000` which is 2560. So this tree keeps duplicate keys,
quotes and the raw text, and tells what a YAML 1.1 parser (PyYAML, which most gateways use) makes of a scalar.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_VALUES = 1_000_000
"""Values a file may hold once its aliases are expanded; more is an attack or a mistake."""
_MAX_DEPTH = 100
_LARGEST_POWER = 309
"""Power of ten from which on a parser's binary float is infinite."""
_TAG = "tag:yaml.org,2002:"
_BREAK = re.compile(r"\r\n|\n|\r")
_STAR = re.compile(r"(?:^|[\s,\[{:-])\*")
"""Where an alias may stand."""
_ANCHOR = re.compile(r"&[^\s,\[\]{}]+\s*")
_BASES = {"0b": 2, "0x": 16}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """A mapping, a sequence or a scalar, and where it stands."""

    kind: Literal["mapping", "sequence", "scalar"]
    start: int
    """Index of its first character in the text."""
    end: int
    """Index after its last character; for block collections possibly some blanks later."""
    tag: str
    """What YAML 1.1 takes it for: str, int, float, bool, null, map, seq, timestamp ..."""
    text: str = ""
    """A scalar's text without quotes and escapes."""
    style: str | None = None
    """The quote or block sign a scalar was written with; None when plain."""
    flow: bool = False
    """Whether a collection was written with brackets."""
    own: tuple[tuple[Node, Node], ...] = ()
    """Keys and values as written, duplicates included, without what `<<` brings."""
    merged: tuple[Node, ...] = ()
    """Mappings merged with `<<`."""
    items: tuple[Node, ...] = ()

    @property
    def is_null(self) -> bool:
        """Whether it says nothing: empty, `~` or `null`."""
        return self.kind == "scalar" and self.tag == "null"

    @property
    def entries(self) -> dict[str, tuple[Node, Node]]:
        """Key and value by key: the last of duplicates wins, what `<<` merges comes after."""
        found: dict[str, tuple[Node, Node]] = {}
        for other in reversed(self.merged):
            found.update(other.entries)
        found.update({key.text: (key, value) for key, value in self.own if key.kind == "scalar"})
        return found

    def get(self, *path: str | int) -> Node | None:
        """The value at a path; None when there is none."""
        node: Node | None = self
        for step in path:
            if node is None:
                return None
            if isinstance(step, int):
                node = node.items[step] if step < len(node.items) else None
            else:
                pair = node.entries.get(step)
                node = None if pair is None else pair[1]
        return node

    def key(self, name: str) -> Node | None:
        """The key itself as it stands in a mapping."""
        pair = self.entries.get(name)
        return None if pair is None else pair[0]

    @property
    def value(self) -> Any:
        """What YAML 1.1 makes of a scalar: str, int, Decimal, bool or None; text for anything else."""
        if self.kind != "scalar":
            return None
        if self.tag == "null":
            return None
        if self.tag == "bool":
            return self.text.lower() in {"yes", "true", "on"}
        if self.tag == "int":
            return _integer(self.text)
        if self.tag == "float":
            return _number(self.text)
        return self.text

    @property
    def texts(self) -> tuple[str, ...]:
        """The scalars of a list, or the one scalar that stands where a list may."""
        if self.kind == "scalar":
            return () if self.is_null else (self.text,)
        return tuple(item.text for item in self.items if item.kind == "scalar")

    def walk(self) -> Iterator[Node]:
        """It and everything below it, each node once however often it is aliased."""
        seen: set[int] = set()
        stack = [self]
        while stack:
            node = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            below = [*node.merged, *node.items]
            for key, value in node.own:
                below += [key, value]
            stack.extend(reversed(below))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a text is no YAML."""

    index: int
    message: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Text:
    """A file's text and the documents in it."""

    name: str
    """How messages call the file, usually its path."""
    text: str
    documents: tuple[Node, ...]
    """Those that are not empty, up to the trouble if there is one."""
    trouble: Trouble | None = None
    byte_order_mark: bool = False
    aliases: tuple[int, ...] = ()
    """Where aliases stand."""

    @cached_property
    def starts(self) -> list[int]:
        """Index of the first character of each line."""
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their breaks."""
        return _BREAK.split(self.text)

    @cached_property
    def line_break(self) -> str:
        """How its lines end: as the first does."""
        found = _BREAK.search(self.text)
        return "\n" if found is None else found[0]

    def position(self, index: int) -> tuple[int, int]:
        """Line and column, both from 1, columns in characters."""
        index = min(max(index, 0), len(self.text))
        line = bisect_right(self.starts, index)
        return line, min(index - self.starts[line - 1], len(self.lines[line - 1])) + 1

    @cached_property
    def scalars(self) -> list[tuple[int, int]]:
        """Spans of all scalars, in order: what looks like a comment inside one is none."""
        nodes = {id(node): node for root in self.documents for node in root.walk() if node.kind == "scalar"}
        return sorted((node.start, node.end) for node in nodes.values())

    def in_scalar(self, index: int) -> bool:
        """Whether a character belongs to a key or value."""
        place = bisect_right(self.scalars, (index, len(self.text) + 1)) - 1
        return place >= 0 and self.scalars[place][0] <= index < self.scalars[place][1]


def parse_text(text: str, name: str) -> Text:
    """Parse YAML or JSON, as many documents as there are; what is wrong with it becomes its `trouble`."""
    import yaml

    marked = text.startswith("\ufeff")
    text = text.removeprefix("\ufeff")
    documents: list[Node] = []
    aliases: list[int] = []
    trouble = None
    try:
        documents.extend(_documents(text))
        if _STAR.search(text):
            aliases = _aliases(text)
    except yaml.MarkedYAMLError as error:
        # A bare `*` is at fault itself, not what comes after it.
        aliased = "alias" in (error.context or "")
        mark = (error.context_mark if aliased else None) or error.problem_mark or error.context_mark
        trouble = Trouble(
            index=0 if mark is None else mark.index,
            message="`*` begins an alias and needs a name, or quotes"
            if aliased
            else error.problem or error.context or "broken YAML",
        )
    except yaml.reader.ReaderError as error:
        # The C parser counts bytes here.
        shown = next((place for place, one in enumerate(text) if not one.isprintable() and one not in "\t\n\r"), 0)
        trouble = Trouble(index=shown, message=str(error.reason))
    except UnicodeEncodeError as error:
        trouble = Trouble(index=error.start, message="a character that UTF-8 cannot hold")
    except _TooMuchError as error:
        trouble = Trouble(index=error.node.start_mark.index, message=error.message)
    except RecursionError:
        trouble = Trouble(index=0, message="nested too deeply")
    return Text(
        name=name,
        text=text,
        documents=tuple(documents),
        trouble=trouble,
        byte_order_mark=marked,
        aliases=tuple(aliases),
    )


def _documents(text: str) -> Iterator[Node]:
    """Each document that is not empty; raises what PyYAML raises, and when aliases expand to too much."""
    import yaml

    budget = MAX_VALUES
    roots: Any = yaml.compose_all(text, _loader())
    for root in roots:
        if root is None:
            continue
        builder = _Builder(text)
        built = builder.build(root, 0)
        budget -= builder.size(root)
        if budget < 0:
            raise _TooMuchError(root, f"aliases expand to more than {MAX_VALUES:,} values")
        yield built


def _aliases(text: str) -> list[int]:
    import yaml

    events: list[Any] = [event for event in yaml.parse(text, _loader()) if isinstance(event, yaml.AliasEvent)]
    return [event.start_mark.index for event in events]


def _loader() -> Any:
    """The C parser where PyYAML has it: four times as fast."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _TooMuchError(Exception):
    def __init__(self, node: Any, message: str) -> None:
        super().__init__(message)
        self.node = node
        self.message = message


class _Builder:
    """Copies PyYAML's nodes into ours, each once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.built: dict[int, Node] = {}
        self.sizes: dict[int, int] = {}
        self.open: Counter[int] = Counter()

    def build(self, node: Any, depth: int) -> Node:
        known = self.built.get(id(node))
        if known is not None:
            return known
        if self.open[id(node)]:
            raise _TooMuchError(node, "an alias contains itself")
        if depth > _MAX_DEPTH:
            raise _TooMuchError(node, "nested too deeply")
        self.open[id(node)] += 1
        built = self._copy(node, depth)
        self.open[id(node)] -= 1
        self.built[id(node)] = built
        return built

    def size(self, node: Any) -> int:
        """How many values it stands for once aliases are expanded; `build` has seen that no alias contains itself."""
        if id(node) not in self.sizes:
            below = [] if node.id == "scalar" else node.value
            parts = [part for pair in below for part in pair] if node.id == "mapping" else below
            self.sizes[id(node)] = 1 + sum(map(self.size, parts))
        return self.sizes[id(node)]

    def _copy(self, node: Any, depth: int) -> Node:
        start, end = node.start_mark.index, node.end_mark.index
        tag = node.tag.removeprefix(_TAG) if node.tag else "str"
        if node.id == "scalar":
            # What is written in the scalar's place must leave the anchor for its aliases.
            if (anchor := _ANCHOR.match(self.text, start, end)) is not None:
                start = anchor.end()
            return Node(kind="scalar", start=start, end=end, tag=tag, text=node.value, style=node.style or None)
        flow = bool(node.flow_style)
        if not flow:
            end = start + len(self.text[start:end].rstrip())
        if node.id == "sequence":
            items = tuple(self.build(item, depth + 1) for item in node.value)
            return Node(kind="sequence", start=start, end=end, tag=tag, flow=flow, items=items)
        own: list[tuple[Node, Node]] = []
        merged: list[Node] = []
        for key, value in node.value:
            pair = self.build(key, depth + 1), self.build(value, depth + 1)
            if key.id == "scalar" and key.value == "<<" and not key.style:
                merged += [one for one in (pair[1].items or (pair[1],)) if one.kind == "mapping"]
            own.append(pair)
        return Node(kind="mapping", start=start, end=end, tag=tag, flow=flow, merged=tuple(merged), own=tuple(own))


def _integer(text: str) -> Any:
    """YAML 1.1 whole numbers: underscores, 0b, 0x, a leading zero for octal, base 60 with colons."""
    digits = text.replace("_", "")
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    try:
        if digits[:2] in _BASES:
            return sign * int(digits[2:], _BASES[digits[:2]])
        if ":" in digits:
            return sign * _sixty([int(part) for part in digits.split(":")])
        if digits.startswith("0") and digits != "0":
            return sign * int(digits, 8)
        return sign * int(digits)
    except ValueError:
        return text


def _number(text: str) -> Any:
    digits = text.replace("_", "").lower()
    if digits.lstrip("+-") == ".inf":
        return Decimal("-Infinity") if digits.startswith("-") else Decimal("Infinity")
    if digits == ".nan":
        return Decimal("NaN")
    try:
        if ":" in digits:
            sign = -1 if digits.startswith("-") else 1
            return sign * _sixty([Decimal(part) for part in digits.lstrip("+-").split(":")])
        number = Decimal(digits)
        if not number.is_finite() or -_LARGEST_POWER < number.adjusted() < _LARGEST_POWER:
            return number
        return Decimal(0) if number.adjusted() < 0 else Decimal("Infinity").copy_sign(number)
    except InvalidOperation:
        return text


def _sixty(parts: list[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = total * 60 + part
    return total
