"""Folders of SQL expressions as registries: the file name is the id, a header of `key: value` comments describes it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

Kind = Literal["text", "date", "money", "count", "tokens", "number", "percent", "ratio", "duration", "rate"]
"""How a column is read, aligned and rounded.

`money` is Decimal in the report's currency; `count` and `tokens` are whole; `percent` is a share between 0 and 1;
`duration` is milliseconds; `rate` is per second; `number` and `ratio` are plain numbers.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """One file of a registry."""

    name: str
    """The id users type: the file name without its suffix."""
    title: str
    kind: Kind
    meaning: str
    """One line for the reference page."""
    notes: dict[str, str]
    """Header lines other than title, kind and meaning."""
    sql: str


@cache
def names(folder: Path) -> tuple[str, ...]:
    """The ids of a registry, in order, without reading its files."""
    return tuple(sorted(path.stem for path in folder.glob("*.sql")))


@cache
def load(folder: Path, name: str) -> Expression:
    """The expression `name` of a registry; a malformed file is our bug and raises ValueError."""
    path = folder / f"{name}.sql"
    header: dict[str, str] = {}
    body: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("--") and not body:
            key, _, value = line.removeprefix("--").partition(":")
            header[key.strip()] = value.strip()
        elif line.strip():
            body.append(line)
    kind = header.pop("kind")
    for known in get_args(Kind):
        if kind == known:
            return Expression(
                name=name,
                title=header.pop("title"),
                kind=known,
                meaning=header.pop("meaning"),
                notes=header,
                sql="\n".join(body),
            )
    raise ValueError(f"{path}: unknown kind {kind!r}")
