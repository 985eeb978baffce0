"""Names and values as text: their spelling, what they are when spelling is left aside, and how messages show them."""

import re
import unicodedata
from collections.abc import Sequence

from llmcost.domain.credentials import masked_shapes

_SNAKE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_SNAKE_VALUE = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_FREE = re.compile(
    r"""(?x)
      [-+]?\d+(?:[.,:/-]\d+)*(?:[TZ ][\d:.+Z-]*)?     # numbers, dates, times, versions
    | v?\d+(?:\.\d+)*(?:[-+.][\w.-]*)?                 # versions
    | [0-9a-fA-F-]{16,}                                # hashes, UUIDs
    | .*[/@:{}$].*                                     # paths, addresses, URLs, names with a scope, templates
    """
)
_LONGEST = 60


def is_snake(key: str) -> bool:
    """Whether a key is lower-case words with underscores between them; dots may part a key from its namespace."""
    return all(_SNAKE.fullmatch(part) for part in key.split("."))


def is_snake_value(value: str) -> bool:
    """Whether a value is; a number, date, version, hash, path or address is nothing to be spelt so."""
    return bool(_SNAKE_VALUE.fullmatch(value) or _FREE.fullmatch(value))


def snake(text: str) -> str:
    """The text as snake_case, as near as can be told."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def folded(text: str) -> str:
    """What is left when case, accents' encoding and separators are left aside."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def quoted(text: str) -> str:
    """A value as messages show it: credentials masked, cut where it is long."""
    shown = masked_shapes(text)
    return f"'{shown[:_LONGEST]}...'" if len(shown) > _LONGEST else f"'{shown}'"


def listed(texts: Sequence[str], most: int = 3) -> str:
    """The first few, and how many more there are."""
    shown = ", ".join(quoted(text) for text in texts[:most])
    return f"{shown} and {len(texts) - most:,} more" if len(texts) > most else shown
