"""From the marks in a source's expressions to SQL, and to the columns the reader has to extract.

Reading only the paths that the routes at hand use is what keeps ingest near the speed of a plain scan: a column that is
always null costs as much as one that is not.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from llmcost.ledger.identifiers import quote_identifier

_MARK = re.compile(
    r"(?P<literal>'(?:[^']|'')*')|"
    r"(?P<sigil>[@#])(?P<path>(?:[A-Za-z_][\w-]*|\"[^\"]+\")(?:\.(?:[A-Za-z_][\w-]*|\"[^\"]+\"))*)(?P<kind>:(?:json|list|time)\b)?"
    r"|(?P<whole>@@)"
    r"|\$(?P<name>[a-z]\w*)"
)
_KEY = re.compile(r"\"([^\"]+)\"|([A-Za-z_][\w-]*)")

Path = tuple[str, ...]
Leaves = dict[Path, str]
"""Path -> VARCHAR or JSON."""


def keys_of(path: str) -> Path:
    """The keys of a path; a key that holds a dot stands in quotes."""
    return tuple(quoted or plain for quoted, plain in _KEY.findall(path))


def leaves_of(expressions: Iterable[str], mount: Path = ()) -> Leaves:
    """Every path the expressions read, below `mount`."""
    leaves: Leaves = {}
    for expression in expressions:
        for mark in _MARK.finditer(expression):
            if not mark["path"]:
                continue
            path = (*mount, *keys_of(mark["path"]))
            if mark["kind"] in {":json", ":list"} or leaves.get(path) == "JSON":
                leaves[path] = "JSON"
            else:
                leaves[path] = "VARCHAR"
    return leaves


def counts_of(expressions: Iterable[str]) -> list[Path]:
    """Every path read as a count, in order of appearance."""
    found: dict[Path, None] = {}
    for expression in expressions:
        for mark in _MARK.finditer(expression):
            if mark["sigil"] == "#":
                found[keys_of(mark["path"])] = None
    return list(found)


def merge_leaves(*many: Leaves) -> Leaves:
    """One set of leaves for several sources; a path someone needs as JSON is read as JSON."""
    merged: Leaves = {}
    for leaves in many:
        for path, kind in leaves.items():
            merged[path] = "JSON" if "JSON" in (kind, merged.get(path)) else kind
    return merged


class Computed:
    """What is computed once, in layers of its own, however often expressions refer to it.

    Reaching into a struct inside a CASE branch copies the whole struct, and a macro repeats its argument at every use.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.values: dict[str, str] = {}
        """SQL reaching into the record -> column name."""
        self.parses: dict[str, str] = {}
        """SQL over those columns -> column name."""

    def value(self, sql: str) -> str:
        """The column that holds a value of the record."""
        return sql if sql.isidentifier() else self.values.setdefault(sql, f"{self._prefix}value_{len(self.values)}")

    def parsed(self, sql: str) -> str:
        """The column that holds a parsed value."""
        return self.parses.setdefault(sql, f"{self._prefix}parsed_{len(self.parses)}")


class Layout:
    """Where each path of a set of leaves is found once the reader has extracted them.

    A path in `embedded` may hold its object directly or as JSON inside a string; it is read as JSON and taken apart in
    a second step. Every object inside an object gets a column of its own: an expression that reaches down several levels
    makes DuckDB hold a buffer for every field of every level, for each expression.
    """

    def __init__(self, leaves: Leaves, embedded: Iterable[Path] = ()) -> None:
        # What is wanted as JSON and also field by field is read once, as JSON.
        apart = sorted(set(embedded) | _parents(leaves))
        self._embedded = {path: f"embedded_{number}" for number, path in enumerate(apart)}
        self._tree: dict[str, Any] = {}
        self._inner: dict[Path, dict[str, Any]] = {path: {} for path in self._embedded}
        self._json_nodes: dict[Path | None, set[Path]] = {}
        owned: dict[Path | None, Leaves] = {None: {}}
        for path, kind in (*leaves.items(), *dict.fromkeys(self._embedded, "JSON").items()):
            owner, rest = self._owner(path[:-1], path) if path in self._embedded else self._owner(path, path)
            owned.setdefault(owner, {})[rest] = kind
        for owner, below in owned.items():
            self._json_nodes[owner] = {path for path, kind in below.items() if kind == "JSON"}
            tree = self._tree if owner is None else self._inner[owner]
            for path in below:
                node = self._stored(owner, path)
                branch = tree
                for key in node[:-1]:
                    branch = branch.setdefault(key, {})
                branch[node[-1]] = "JSON" if node in self._json_nodes[owner] else "VARCHAR"

        self._nodes: dict[tuple[Path | None, Path], str] = {}
        self.layers = self._layers()
        """SELECT items, layer by layer, that make the columns the other methods refer to."""

    def _layers(self) -> list[str]:
        layers: list[list[str]] = []
        owners: list[Path | None] = [None]
        while owners:
            depths: list[list[str]] = []
            for owner in owners:
                tree = self._tree if owner is None else self._inner[owner]
                for depth, items in enumerate(self._node_layers(owner, tree)):
                    if depth == len(depths):
                        depths.append([])
                    depths[depth] += items
            inside = [
                path for path in self._embedded if self._inner[path] and self._owner(path[:-1], path)[0] in owners
            ]
            layers += [*depths, [self._taken_apart(path) for path in inside]]
            owners = list(inside)
        return [", ".join(items) for items in layers if items]

    def _taken_apart(self, path: Path) -> str:
        structure = _literal(json.dumps(self._inner[path]))
        return f"json_transform(unwrapped({self._json_of(path)}), {structure}) as {self._embedded[path]}"

    def _json_of(self, path: Path) -> str:
        """SQL for an embedded object as the JSON it is read as."""
        owner, rest = self._owner(path[:-1], path)
        stored = self._stored(owner, rest)
        found = self._access(owner, stored)
        return found if stored == rest else f"json_extract({found}, {_pointer(rest[len(stored) :])})"

    def _node_layers(self, owner: Path | None, tree: dict[str, Any]) -> list[list[str]]:
        layers: list[list[str]] = []
        level: list[Path] = [(key,) for key, value in tree.items() if isinstance(value, dict)]
        branches: dict[Path, dict[str, Any]] = {(key,): value for key, value in tree.items() if isinstance(value, dict)}
        while level:
            items = []
            for path in level:
                if owner is None and len(path) == 1:
                    self._nodes[owner, path] = quote_identifier(path[0])
                else:
                    name = f"node_{len(self._nodes)}"
                    items.append(f"{self._access(owner, path)} as {name}")
                    self._nodes[owner, path] = name
            layers.append(items)
            deeper = {
                (*path, key): value
                for path in level
                for key, value in branches[path].items()
                if isinstance(value, dict)
            }
            branches |= deeper
            level = list(deeper)
        return layers

    def _owner(self, within: Path, path: Path) -> tuple[Path | None, Path]:
        """The embedded object that is the longest prefix of `within`, and the rest of `path` inside it."""
        for length in range(len(within), 0, -1):
            if within[:length] in self._embedded:
                return within[:length], path[length:]
        return None, path

    def _stored(self, owner: Path | None, path: Path) -> Path:
        """The shortest prefix of `path` that is kept as JSON, or the path itself."""
        nodes = self._json_nodes[owner]
        return next((path[:length] for length in range(1, len(path)) if path[:length] in nodes), path)

    @property
    def structure(self) -> str:
        """The argument of `json_transform` for the record."""
        return json.dumps(self._tree)

    @property
    def columns(self) -> dict[str, str]:
        """The `columns` argument of `read_json`: name -> type."""
        return {key: _sql_type(value) for key, value in self._tree.items()}

    def text(self, path: Path) -> str:
        """SQL for the value at `path` as text."""
        owner, rest = self._owner(path, path)
        if not rest:
            return f"json_extract_string(unwrapped({self._json_of(path)}), '$')"
        stored = self._stored(owner, rest)
        if stored not in self._json_nodes[owner]:
            return self._access(owner, stored)
        return f"json_extract_string({self._access(owner, stored)}, {_pointer(rest[len(stored) :])})"

    def json(self, path: Path) -> str:
        """SQL for the value at `path` as JSON."""
        owner, rest = self._owner(path, path)
        if not rest:
            return f"unwrapped({self._json_of(path)})"
        stored = self._stored(owner, rest)
        if stored == rest:
            return self._access(owner, stored)
        return f"json_extract({self._access(owner, stored)}, {_pointer(rest[len(stored) :])})"

    def unread(self, path: Path) -> str:
        """SQL: whether an embedded object is a text that is no JSON. Python writes `None` and `nan` where there is nothing."""
        held = self._json_of(path)
        text = f"json_extract_string({held}, '$')"
        return f"json_type({held}) = 'VARCHAR' and {text} not in ('', 'None', 'nan') and unwrapped({held}) is null"

    def _access(self, owner: Path | None, path: Path) -> str:
        if len(path) > 1:
            return f"{self._nodes[owner, path[:-1]]}.{quote_identifier(path[-1])}"
        if owner is not None:
            return f"{self._embedded[owner]}.{quote_identifier(path[0])}"
        return quote_identifier(path[0])

    def compile(
        self, expression: str, computed: Computed, *, mount: Path = (), names: Mapping[str, str] | None = None
    ) -> str:
        """The expression with every mark replaced by SQL; what `computed` gathers is referred to by column name."""

        def replace(mark: re.Match[str]) -> str:
            if mark["literal"]:
                return mark["literal"]
            if mark["whole"]:
                return "whole_record"
            if mark["name"]:
                return (names or {})[mark["name"]]
            path = (*mount, *keys_of(mark["path"]))
            if mark["kind"] in {":json", ":list"}:
                found = computed.value(self.json(path))
                return found if mark["kind"] == ":json" else computed.parsed(f"list_of({found})")
            found = computed.value(self.text(path))
            if mark["sigil"] == "#":
                return computed.parsed(f"count_of({found})")
            return found if mark["kind"] is None else computed.parsed(f"instant({found})")

        return _MARK.sub(replace, expression)


def _parents(leaves: Leaves) -> set[Path]:
    return {path[:depth] for path in leaves for depth in range(len(path))} & leaves.keys()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _pointer(keys: Path) -> str:
    pointer = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys) or "$"
    return _literal(pointer)


def _sql_type(node: Any) -> str:
    if isinstance(node, str):
        return node
    members = ", ".join(f"{quote_identifier(key)} {_sql_type(value)}" for key, value in node.items())
    return f"struct({members})"
