"""Text from logs made safe to look at.

Customers, tags and model names are whatever a client sent: escape sequences that repaint a terminal, direction marks that
reverse a line, zero-width characters that make two names look alike. They are shown, as escapes, not obeyed.
"""

import re
import unicodedata

UNATTRIBUTED = "(unattributed)"
OTHER = "(other)"

_RESERVED = {"", UNATTRIBUTED, OTHER}
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_PLAIN = re.compile(r"[ -~]*")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """`text` with every character that cannot be seen written as its escape."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        escaped(character) if unicodedata.category(character) in _HIDDEN else character for character in text
    )


def label(text: str) -> str:
    """A value as a row's name: visible, and told apart from the names we give rows ourselves."""
    return f'"{text}"' if text in _RESERVED else visible(text)


def escaped(character: str) -> str:
    """The escape of one character, as Python and JSON write it."""
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """How many terminal cells visible text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(character) in {"Mn", "Me"} else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )
