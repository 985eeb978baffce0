"""The members of a JSON object with the place of each, which the standard library's parser does not tell."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # there since Python 2.6, without a stub

_SPACE = re.compile(r"[ \t\r\n]*")
_TYPES = {"int": "number", "float": "number", "bool": "boolean", "NoneType": "null", "dict": "object", "list": "array"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A key or value; `start` and `end` are indexes into the text, quotes included."""

    text: str
    type: str
    """text, number, boolean, null, object or array."""
    start: int
    end: int


def members(text: str) -> Iterator[tuple[Scalar, Scalar]]:
    """Key and value of each member, as often as it is there; ValueError where the text is no JSON object."""
    decoder = json.JSONDecoder()
    at = _skipped(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("it does not begin with {")
    at = _skipped(text, at + 1)
    if text[at : at + 1] == "}":
        _ended(text, at + 1)
        return
    while True:
        key, at = _text(text, at)
        at = _skipped(text, at)
        if text[at : at + 1] != ":":
            raise ValueError(f"no colon after {key.text!r}")
        at = _skipped(text, at + 1)
        if text[at : at + 1] == '"':
            value, at = _text(text, at)
        else:
            try:
                found, end = decoder.raw_decode(text, at)
            except (ValueError, RecursionError):
                raise ValueError(f"{key.text!r} has no value") from None
            value, at = Scalar(text=text[at:end], type=_TYPES[type(found).__name__], start=at, end=end), end
        yield key, value
        at = _skipped(text, at)
        if text[at : at + 1] == "}":
            _ended(text, at + 1)
            return
        if text[at : at + 1] != ",":
            raise ValueError(f"neither a comma nor }} after {key.text!r}")
        at = _skipped(text, at + 1)


def _skipped(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _text(text: str, at: int) -> tuple[Scalar, int]:
    if text[at : at + 1] != '"':
        raise ValueError("a key is not in double quotes")
    try:
        value, end = scanstring(text, at + 1)
    except json.JSONDecodeError:
        raise ValueError("a quote is not closed") from None
    return Scalar(text=value, type="text", start=at, end=end), end


def _ended(text: str, at: int) -> None:
    if _skipped(text, at) != len(text):
        raise ValueError("something follows the object")
