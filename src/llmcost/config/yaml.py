"""A strict YAML reader that keeps exact numbers, and the line and column of every key.

YAML 1.1 turns `0.15` into a binary float, `1e-6` into text, `60:30` into 3630, `010` into 8 and `no` into false. A price
list or a budget must not change meaning like that, so plain scalars follow a short rule here: `null`/`~`, `true`/`false`,
whole numbers, and decimal numbers (kept as `Decimal`, exactly as written) are typed; everything else is text.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

Key = str | int
"""One step of a path: a mapping key or a list index."""

_MAX_NODES = 1_000_000
"""Values one document may expand to; aliases that multiply beyond it are an attack or a mistake."""
_MAX_DEPTH = 100
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_STRING_TAG = "tag:yaml.org,2002:str"
_COLLECTION_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A YAML document as plain Python values, which still knows where each of them was written."""

    name: str
    """How messages call the file, usually its path."""
    value: Any
    """dict, list, str, int, bool, None, or Decimal for any number that is not whole."""
    root: Any
    """The composed node tree; None for an empty document."""

    def at(self, *path: Key) -> Any:
        """Value at a path; KeyError or IndexError when there is none."""
        value = self.value
        for step in path:
            value = value[step]
        return value

    def place(self, *path: Key) -> str:
        """`file:line:column` (1-based) of a key or list item; of its nearest parent when the path does not exist."""
        line, column = self.position(*path)
        return f"{self.name}:{line}:{column}"

    def position(self, *path: Key) -> tuple[int, int]:
        """Line and column (1-based) of what `place` names."""
        node = self.root
        mark = node.start_mark if node is not None else None
        for step in path:
            found = None if node is None else _step(node, step)
            if found is None:
                break
            mark, node = found
        return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)

    def written(self, *path: Key) -> str | None:
        """A scalar as it was written, before it became a number or a flag; None where there is none."""
        node = self.root
        for step in path:
            found = None if node is None else _step(node, step)
            if found is None:
                return None
            node = found[1]
        return str(node.value) if node is not None and node.id == "scalar" else None

    def error(self, message: str, *path: Key, hint: str | None = None) -> ConfigError:
        """Build a ConfigError whose message starts with the place of a path."""
        return ConfigError(f"{self.place(*path)}: {message}", hint=hint)


def read_document(path: Path, *, mistakes: list[ConfigError] | None = None) -> Document:
    """Read a YAML file; ConfigError when it is missing, not UTF-8, or not the strict YAML described above.

    `mistakes` is that of `parse_document`.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: cannot be read: {(error.strerror or str(error)).lower()}", hint="check the path"
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read: {(error.strerror or str(error)).lower()}", hint="name a file you may read"
        ) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}:1: not UTF-8 text", hint="save the file as UTF-8") from None
    return parse_document(text, str(path), mistakes=mistakes)


def parse_document(text: str, name: str, *, mistakes: list[ConfigError] | None = None) -> Document:
    """Parse YAML text; `name` stands for the file in messages.

    Mistakes that leave a document to read, such as a key written twice, are added to `mistakes` if that is given, and
    raised if not.
    """
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(text, Loader=loader)
        value = None if root is None else _Builder(name, mistakes).build(root, 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "broken YAML"
        hint = "indent with spaces, not tabs" if "\\t" in problem or "tab" in problem.split() else None
        raise ConfigError(f"{_place(name, mark)}: broken YAML: {problem}", hint=hint) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{name}:{line}:1: broken YAML: {error.reason}") from None
    except RecursionError:
        raise ConfigError(f"{name}:1:1: nested too deeply") from None
    return Document(name=name, value=value, root=root)


def check_keys(document: Document, path: Sequence[Key], allowed: Collection[str]) -> None:
    """Raise a ConfigError unless the value at `path` is a mapping whose keys are all `allowed`."""
    value = document.at(*path)
    if not isinstance(value, dict):
        raise document.error("expected a mapping", *path)
    for key in value:
        if key in allowed:
            continue
        near = difflib.get_close_matches(key, list(allowed), n=1, cutoff=0.5)
        raise document.error(
            f"unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
            *path,
            key,
            hint=f"known keys: {', '.join(sorted(allowed))}",
        )


def _place(name: str, mark: Any) -> str:
    return f"{name}:1:1" if mark is None else f"{name}:{mark.line + 1}:{mark.column + 1}"


def _is_merge(key: Any) -> bool:
    return key.id == "scalar" and key.value == "<<" and not key.style


def _merged(node: Any) -> Iterator[tuple[Any, Any]]:
    """Key and value nodes of a mapping; those merged with `<<` come last."""
    later: list[Any] = []
    for key, value in node.value:
        if _is_merge(key):
            later.extend(value.value if value.id == "sequence" else [value])
        else:
            yield key, value
    for other in later:
        yield from _merged(other)


def _step(node: Any, step: Key) -> tuple[Any, Any] | None:
    """Mark and node one step below a node."""
    if node.id == "mapping":
        for key, value in _merged(node):
            if key.value == step:
                return key.start_mark, value
    elif node.id == "sequence" and isinstance(step, int) and -len(node.value) <= step < len(node.value):
        item = node.value[step]
        return item.start_mark, item
    return None


class _Builder:
    """Turns nodes into values, refusing what YAML allows and a reviewed file should not hold."""

    def __init__(self, name: str, mistakes: list[ConfigError] | None = None) -> None:
        from yaml.resolver import Resolver

        self.name = name
        self.mistakes = mistakes
        self._plain: dict[tuple[str, str], Any] = {}
        self.nodes = 0
        self._resolver: Any = Resolver()

    def build(self, node: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > _MAX_NODES or depth > _MAX_DEPTH:
            raise self._error("nested too deeply, or anchors expand to too much", node)
        if node.id == "scalar":
            return self._scalar(node)
        if node.tag not in _COLLECTION_TAGS:
            raise self._error(f"tag {node.tag!r} is not supported", node)
        if node.id == "sequence":
            return [self.build(item, depth + 1) for item in node.value]
        return self._mapping(node, depth)

    def _mapping(self, node: Any, depth: int) -> dict[str, Any]:
        own: set[str] = set()
        for key, value in node.value:
            if _is_merge(key):
                others = value.value if value.id == "sequence" else [value]
                if any(other.id != "mapping" for other in others):
                    raise self._error("'<<' merges a mapping or a list of mappings", key)
                continue
            if key.id != "scalar" or not isinstance(self._scalar(key), str):
                raise self._error("keys must be text", key, hint="put quotes around it")
            if key.value in own:
                mistake = self._error(f"key {key.value!r} is written twice", key)
                if self.mistakes is None:
                    raise mistake
                self.mistakes.append(mistake)
            own.add(key.value)
        values: dict[str, Any] = {}
        for merges, (key, value) in enumerate(_merged(node)):
            if merges > _MAX_NODES:
                raise self._error("anchors expand to too much", node)
            if key.value not in values:
                values[key.value] = self.build(value, depth + 1)
        return values

    def _scalar(self, node: Any) -> Any:
        text: str = node.value
        if not node.style and (node.tag, text) in self._plain:
            return self._plain[node.tag, text]
        typed = text if node.style else _typed(text)
        if node.tag == _STRING_TAG and typed is text:
            return text
        # YAML 1.1's own guess at a plain scalar is ignored; a tag that differs from the guess was written out.
        if node.style or node.tag != self._resolver.resolve(type(node), text, (True, False)):
            raise self._error(f"tag {node.tag!r} is not supported", node, hint="put quotes around text")
        self._plain[node.tag, text] = typed
        return typed

    def _error(self, message: str, node: Any, *, hint: str | None = None) -> ConfigError:
        return ConfigError(f"{_place(self.name, node.start_mark)}: {message}", hint=hint)


def _typed(text: str) -> Any:
    """Value of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= 40 else text
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text
