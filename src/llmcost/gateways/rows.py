"""The rows in an answer, as the very bytes they came in: nothing is rounded or reordered on the way to the ledger."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]+")
_BLANKS = frozenset(" \t\n\r")


class DamagedError(ValueError):
    """An answer is not whole, or no JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """An answer taken apart."""

    texts: list[str]
    """Each row as JSON on one line."""
    identities: list[str]
    """What tells each row from the others."""
    envelope: Mapping[str, Any]
    """The answer without its rows."""

    def identified_by(self, path: str) -> list[str]:
        """What a dotted path holds in each row."""
        return [_identity(json.loads(text), text, path) for text in self.texts]

    def at(self, path: str) -> Any:
        """The value of the envelope at a dotted path; None when there is none."""
        value: Any = self.envelope
        for key in path.split("."):
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        return value


def rows_of(text: str, key: str | None, identity: str) -> Rows:
    """Take an answer apart: rows under the dotted `key`, or the answer itself is their list.

    Raises DamagedError for what is no whole JSON, LookupError for an answer that has no rows.
    """
    try:
        return _rows_of(text, key, identity)
    except DamagedError:
        raise
    except (ValueError, RecursionError) as error:
        raise DamagedError(str(error)) from error


def _rows_of(text: str, key: str | None, identity: str) -> Rows:
    scanner = _Scanner(text)
    envelope: dict[str, Any] = {}
    found = scanner.items() if key is None else _walk(scanner, key.split("."), envelope)
    scanner.end()
    if found is None:
        raise LookupError(f"it has no {key!r}")
    return Rows(
        texts=[row for _, row in found],
        identities=[_identity(value, row, identity) for value, row in found],
        envelope=envelope,
    )


def _walk(scanner: "_Scanner", path: list[str], envelope: dict[str, Any]) -> list[tuple[Any, str]] | None:
    """The rows at a path of keys; everything beside it goes into the envelope."""
    found = None
    for name in scanner.names():
        if name != path[0]:
            envelope[name] = scanner.value()
        elif len(path) == 1:
            found = scanner.items()
        else:
            found = _walk(scanner, path[1:], envelope.setdefault(name, {}))
    return found


def lines_of(text: str, identity: str) -> Rows:
    """The rows of a file with one on each line. Raises DamagedError when a line is no JSON object."""
    # Not `splitlines`, which also parts strings at the separators of Unicode that JSON lets stand in them.
    texts = [line for line in text.split("\n") if line.strip()]
    try:
        values = [json.loads(line) for line in texts]
    except (ValueError, RecursionError) as error:
        raise DamagedError(str(error)) from error
    return Rows(
        texts=texts,
        identities=[_identity(value, line, identity) for value, line in zip(values, texts, strict=True)],
        envelope={},
    )


class _Scanner:
    """A place in JSON text, which moves on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def names(self) -> Iterator[str]:
        """Every key of an object; the value must be read before the next is asked for."""
        self._expect("{")
        if self._take("}"):
            return
        while True:
            name = self.value()
            if not isinstance(name, str):
                break
            self._expect(":")
            yield name
            if self._take("}"):
                return
            self._expect(",")
        raise DamagedError(f"a key is missing at character {self._at}")

    def items(self) -> list[tuple[Any, str]]:
        """Value and text of each item of a list; a lone object is a list of one, null an empty list."""
        self._skip()
        if self._text.startswith("null", self._at):
            self._at += 4
            return []
        if self._text.startswith("{", self._at):
            return [self._item()]
        self._expect("[")
        found: list[tuple[Any, str]] = []
        if self._take("]"):
            return found
        while True:
            found.append(self._item())
            if self._take("]"):
                return found
            self._expect(",")

    def value(self) -> Any:
        """The value that begins here."""
        self._skip()
        found, self._at = _DECODER.raw_decode(self._text, self._at)
        return found

    def end(self) -> None:
        """Nothing may follow."""
        self._skip()
        if self._at != len(self._text):
            raise DamagedError(f"it goes on after its end at character {self._at + 1}")

    def _item(self) -> tuple[Any, str]:
        self._skip()
        start = self._at
        value = self.value()
        text = self._text[start : self._at]
        # A string in JSON holds no line break, so these are space between tokens.
        return value, text.replace("\n", " ").replace("\r", " ") if "\n" in text or "\r" in text else text

    def _take(self, sign: str) -> bool:
        self._skip()
        if not self._text.startswith(sign, self._at):
            return False
        self._at += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise DamagedError(f"{sign!r} is missing at character {self._at + 1}")

    def _skip(self) -> None:
        # Most often there is none, and asking for one character is cheaper than a match.
        if self._text[self._at : self._at + 1] in _BLANKS and (found := _SPACE.match(self._text, self._at)):
            self._at = found.end()


def _identity(value: Any, text: str, key: str) -> str:
    found = value
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return str(found) if isinstance(found, str | int) and found != "" else text
