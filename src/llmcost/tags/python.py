"""Tags out of Python source, through its syntax tree: the program is never run."""

import ast
import io
import tokenize
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from llmcost.domain.finding import Place
from llmcost.domain.suppression import COMMENT, Suppression, suppression
from llmcost.tags.carriers import (
    CALLS,
    JSON_HEADERS,
    LIST_HEADER,
    LIST_KEYS,
    METADATA_ARGUMENTS,
    PROPERTY_HEADER,
    SIBLINGS,
)
from llmcost.tags.json_text import Scalar, members
from llmcost.tags.literals import Literal, Mistake, PythonFile, Tag, TagSet

_TYPES = {
    "int": "number",
    "float": "number",
    "bool": "boolean",
    "NoneType": "null",
    "complex": "number",
    "bytes": "bytes",
}


def read_python(path: Path, name: str) -> PythonFile:
    """The tags in one file; what keeps it from being read is a mistake in it. OSError where it cannot be opened."""
    data = path.read_bytes()
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        source = io.TextIOWrapper(io.BytesIO(data), encoding, newline=None).read().removeprefix("\ufeff")
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return _broken(name, (), f"not text in the encoding it names: {error}", 1, 1)
    return parse_python(source, name)


def parse_python(source: str, name: str) -> PythonFile:
    """The tags in some source, whose lines end in a line feed."""
    lines = tuple(source.split("\n"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
        finder = _Finder(name, lines)
        finder.note_names(tree)
        finder.visit(tree)
    except SyntaxError as error:
        line = min(max(error.lineno or 1, 1), len(lines))
        return _broken(name, lines, error.msg, line, max(error.offset or 1, 1))
    except ValueError as error:
        return _broken(name, lines, str(error), 1, 1)
    except (RecursionError, MemoryError):
        return _broken(name, lines, "nested too deeply", 1, 1)
    order = sorted(finder.sets.values(), key=lambda one: (one.place.line, one.place.column))
    return PythonFile(name=name, lines=lines, sets=tuple(order), mistakes=tuple(finder.mistakes))


def suppressions_of(file: PythonFile) -> list[Suppression]:
    """The comments that silence findings."""
    found = []
    source = "\n".join(file.lines)
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            comment = COMMENT.search(token.string) if token.type == tokenize.COMMENT else None
            if comment is not None:
                line, column = token.start
                found.append(suppression(comment, line, alone=not file.lines[line - 1][:column].strip()))
    except (tokenize.TokenError, SyntaxError):
        return found
    return found


def _broken(name: str, lines: tuple[str, ...], message: str, line: int, column: int) -> PythonFile:
    place = Place(file=name, line=line, column=column, end_line=line, end_column=column + 1)
    return PythonFile(name=name, lines=lines, mistakes=(Mistake(kind="syntax", message=message, place=place),))


class _Finder(ast.NodeVisitor):
    """Collects the sets of tags of one file."""

    def __init__(self, name: str, lines: Sequence[str]) -> None:
        self.name = name
        self.lines = lines
        self.sets: dict[tuple[int, int], TagSet] = {}
        self.mistakes: list[Mistake] = []
        self._values: dict[str, list[ast.expr]] = defaultdict(list)

    def note_names(self, tree: ast.AST) -> None:
        """What each name is set to, to look through `metadata=METADATA`."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._values[target.id].append(node.value)
            elif (
                isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr))
                and isinstance(node.target, ast.Name)
                and node.value is not None
            ):
                self._values[node.target.id].append(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        """`headers["X-TFY-METADATA"] = ...`."""
        for target in node.targets:
            if isinstance(target, ast.Subscript) and (key := _text(target.slice)) is not None:
                self._header(key, target.slice, node.value)
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        """Headers, and bodies that hold metadata."""
        names = [None if key is None else _text(key) for key in node.keys]
        for name, key, value in zip(names, node.keys, node.values, strict=True):
            if name is None or key is None:
                continue
            self._header(name, key, value)
            if name in METADATA_ARGUMENTS and SIBLINGS.intersection(filter(None, names)):
                self._metadata(name, value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Calls that send a request."""
        function = node.func
        called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        names = {keyword.arg for keyword in node.keywords}
        if called in CALLS or SIBLINGS & names:
            for keyword in node.keywords:
                if keyword.arg in METADATA_ARGUMENTS:
                    self._metadata(keyword.arg, keyword.value)
                elif keyword.arg in {"extra_body", "config"} and isinstance(
                    body := self._through(keyword.value), ast.Dict
                ):
                    for key, value in zip(body.keys, body.values, strict=True):
                        if key is not None and (name := _text(key)) in METADATA_ARGUMENTS:
                            self._metadata(name, value)
        self.generic_visit(node)

    def _header(self, name: str, key: ast.expr, value: ast.expr) -> None:
        lower = name.lower()
        if (header := JSON_HEADERS.get(lower)) is not None:
            self._json(header.name, value, only_text=header.only_text)
        elif lower == LIST_HEADER and (text := _text(value)) is not None:
            pairs = [_pair(part.strip(), self._place(value)) for part in text.split(",") if part.strip()]
            self._keep(LIST_HEADER, value, pairs, complete=True)
        elif lower.startswith(PROPERTY_HEADER) and len(lower) > len(PROPERTY_HEADER):
            tag = self._tag(Literal(text=name[len(PROPERTY_HEADER) :], place=self._place(key)), value)
            self._keep("Helicone-Property", key, [tag], complete=False)

    def _metadata(self, name: str, value: ast.expr) -> None:
        found = self._through(value)
        if isinstance(found, ast.Dict):
            self._dict(name, found, only_text=False)

    def _json(self, carrier: str, value: ast.expr, *, only_text: bool) -> None:
        """A header's value: `json.dumps({...})`, or JSON in a string."""
        found = self._through(value)
        if isinstance(found, ast.Call) and found.args and getattr(found.func, "attr", "") == "dumps":
            inner = self._through(found.args[0])
            if isinstance(inner, ast.Dict):
                self._dict(carrier, inner, only_text=only_text)
        elif isinstance(found, ast.Dict):
            self.mistakes.append(
                Mistake(kind="json", message=f"{carrier} is given a dict, not JSON text", place=self._place(found))
            )
            self._dict(carrier, found, only_text=only_text)
        elif isinstance(found, (ast.Constant, ast.JoinedStr)):
            self._json_text(carrier, found, only_text=only_text)

    def _json_text(self, carrier: str, node: ast.Constant | ast.JoinedStr, *, only_text: bool) -> None:
        text = _with_holes(node)
        if text is None:
            return
        try:
            found = list(members(text))
        except ValueError as error:
            # What a hole stands for may be the very part that is missing.
            if _HOLE not in text:
                message = f"{carrier} is no JSON object: {error}"
                self.mistakes.append(Mistake(kind="json", message=message, place=self._place(node)))
            return
        offset = self._text_start(node, text)
        tags = [
            Tag(
                key=Literal(text=key.text, place=self._inside(node, text, key, offset)),
                value=None
                if value.type != "text" or _HOLE in value.text
                else Literal(text=value.text, place=self._inside(node, text, value, offset)),
                type="computed" if _HOLE in value.text else value.type,
            )
            for key, value in found
            if _HOLE not in key.text
        ]
        self._keep(carrier, node, tags, complete=len(tags) == len(found), only_text=only_text)

    def _dict(self, carrier: str, node: ast.Dict, *, only_text: bool) -> None:
        tags: list[Tag] = []
        complete = True
        for key, value in zip(node.keys, node.values, strict=True):
            name = None if key is None else _text(key)
            if key is None or name is None:
                complete = False
            elif name in LIST_KEYS and isinstance(value, (ast.List, ast.Tuple)):
                tags += [_pair(text, self._place(item)) for item in value.elts if (text := _text(item)) is not None]
            else:
                tags.append(self._tag(Literal(text=name, place=self._place(key)), value))
        self._keep(carrier, node, tags, complete=complete, only_text=only_text)

    def _tag(self, key: Literal, node: ast.expr) -> Tag:
        text = _text(node)
        if text is not None:
            return Tag(key=key, value=Literal(text=text, place=self._place(node)))
        if isinstance(node, ast.Constant):
            return Tag(key=key, value=None, type=_TYPES.get(type(node.value).__name__, "computed"))
        if isinstance(node, (ast.Dict, ast.List, ast.Tuple, ast.Set)):
            return Tag(key=key, value=None, type="object" if isinstance(node, ast.Dict) else "array")
        return Tag(key=key, value=None, type="computed")

    def _keep(
        self, carrier: str, node: ast.expr, tags: Sequence[Tag], *, complete: bool, only_text: bool = False
    ) -> None:
        self.sets.setdefault(
            (node.lineno, node.col_offset),
            TagSet(carrier=carrier, place=self._place(node), tags=tuple(tags), complete=complete, only_text=only_text),
        )

    def _through(self, node: ast.expr) -> ast.expr:
        """What a name stands for, where it is set once in the file."""
        if isinstance(node, ast.Name) and len(values := self._values[node.id]) == 1:
            return values[0]
        return node

    def _place(self, node: ast.expr) -> Place:
        end_line = node.end_lineno or node.lineno
        end = node.col_offset + 1 if node.end_col_offset is None else node.end_col_offset
        return Place(
            file=self.name,
            line=node.lineno,
            column=self._column(node.lineno, node.col_offset),
            end_line=end_line,
            end_column=self._column(end_line, end),
        )

    def _column(self, line: int, offset: int) -> int:
        """The column, from 1 in characters, of an offset in bytes."""
        return len(self.lines[line - 1].encode("utf-8")[:offset].decode("utf-8", "replace")) + 1

    def _text_start(self, node: ast.expr, text: str) -> tuple[int, int] | None:
        """Line and column at which a string's text begins; None where it is not written character by character."""
        place = self._place(node)
        rows = list(self.lines[place.line - 1 : place.end_line])
        rows[-1] = rows[-1][: place.end_column - 1]
        rows[0] = rows[0][place.column - 1 :]
        written = "\n".join(rows)
        prefix = len(written) - len(written.lstrip("rRbBuUfF"))
        quotes = 3 if written[prefix : prefix + 3] in {'"""', "'''"} else 1
        inner = written[prefix + quotes : len(written) - quotes]
        return (place.line, place.column + prefix + quotes) if inner == text else None

    def _inside(self, node: ast.expr, text: str, scalar: Scalar, start: tuple[int, int] | None) -> Place:
        if start is None:
            return self._place(node)
        line, column = _moved(text, scalar.start, start)
        end_line, end_column = _moved(text, scalar.end, start)
        return Place(file=self.name, line=line, column=column, end_line=end_line, end_column=end_column)


_HOLE = "\ue000"
"""Stands for what an f-string computes."""


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _with_holes(node: ast.Constant | ast.JoinedStr) -> str | None:
    if isinstance(node, ast.Constant):
        return _text(node)
    return "".join(_text(part) or _HOLE for part in node.values)


def _pair(text: str, place: Place) -> Tag:
    """An item of a list of tags: `key:value`, or a word of its own."""
    key, colon, value = text.partition(":")
    if colon and key and value and not value.startswith("/"):
        return Tag(key=Literal(text=key, place=place), value=Literal(text=value.strip(), place=place))
    return Tag(key=Literal(text="request_tags", place=place), value=Literal(text=text, place=place))


def _moved(text: str, index: int, start: tuple[int, int]) -> tuple[int, int]:
    """Line and column of an index into a text that begins at `start`."""
    before = text[:index]
    breaks = before.count("\n")
    return (start[0], start[1] + index) if not breaks else (start[0] + breaks, index - before.rfind("\n"))


def python_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as they are named, and every Python file below folders, in order; tools' own and hidden folders are left out."""
    for path in paths:
        if path.is_dir():
            yield from sorted(_below(path))
        else:
            yield path


def _below(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name.startswith(".") or entry.name in {"node_modules", "__pycache__", "site-packages", "venv"}:
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _below(entry)
        elif entry.suffix in {".py", ".pyi"} and entry.is_file():
            yield entry
