"""Names of rows as people see them, and how wide they are.

Customers, tags and model names are whatever a client sent: escape sequences that repaint a terminal, direction marks that
reverse a line, zero-width characters that make two names look alike. They are shown, as escapes, not obeyed.
"""

import unicodedata

from llmcost.domain.printable import printable

UNATTRIBUTED = "(unattributed)"
OTHER = "(other)"

_RESERVED = {"", UNATTRIBUTED, OTHER}
_NO_WIDTH = {"Mn", "Me", "Cf"}


def label(text: str) -> str:
    """A value as a row's name: printable, and told apart from the names we give rows ourselves."""
    return f'"{text}"' if text in _RESERVED else printable(text)


def width(text: str) -> int:
    """How many terminal cells printable text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(character) in _NO_WIDTH else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )
