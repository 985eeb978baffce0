"""Names of rows as people see them, and how wide they are.

Customers, tags and model names are whatever a client sent: escape sequences that repaint a terminal, direction marks that
reverse a line, zero-width characters that make two names look alike. They are shown, as escapes, not obeyed.
"""

import unicodedata

from llmcost.domain.printable import printable

UNATTRIBUTED = "(unattributed)"
OTHER = "(other)"

TOTAL = "Total"

_RESERVED = {UNATTRIBUTED, OTHER, TOTAL}
_NO_WIDTH = {"Mn", "Me", "Cf"}
_BREAKS = "-/_.:@,| "


def label(text: str) -> str:
    """A value as a row's name: printable, and told apart from the names we give rows ourselves, from blanks and from nothing."""
    shown = printable(text)
    return f'"{shown}"' if text in _RESERVED or not shown or shown != shown.strip() else shown


def width(text: str) -> int:
    """How many terminal cells printable text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(character) in _NO_WIDTH else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def shortened(text: str, columns: int) -> str:
    """Printable text in one line that fits `columns`; what is longer loses its middle."""
    if width(text) <= columns:
        return text
    return f"{_cut(text, columns * 2 // 3)}…{_cut(text[::-1], columns // 3 - 1)[::-1]}"


def folded(text: str, columns: int, *, most: int = 3) -> list[str]:
    """Printable text in at most so many lines that fit `columns`, broken behind a `-`, `/` or the like where there is one.

    What is too long even for that loses its middle: both ends tell names apart.
    """
    if width(text) <= columns * most and len(lines := _folded(text, columns)) <= most:
        return lines
    room = columns * (most - 1)
    # Broken anywhere, so that it surely fits.
    return _folded(f"{_cut(text, room // 2)}…{_cut(text[::-1], room // 2)[::-1]}", columns, breaks="")


def _folded(text: str, columns: int, *, breaks: str = _BREAKS) -> list[str]:
    lines = []
    while width(text) > columns:
        line = _cut(text, columns)
        # A line that would be nearly empty looks worse than a broken word.
        ends = [end for end in range(len(line), 0, -1) if line[end - 1] in breaks or text[end : end + 1] == " "]
        # In a list whole members come before whole words, so that each can be copied.
        ends = [end for end in ends if text[end - 1 : end + 1] == ", "] + ends
        place = next((end for end in ends if end * 3 >= len(line)), len(line))
        lines.append(text[:place].rstrip())
        text = text[place:].lstrip()
    return [*lines, text]


def _cut(text: str, columns: int) -> str:
    """As much of the start as fits, at least one character."""
    taken = 0
    for place, character in enumerate(text):
        taken += width(character)
        if taken > columns and place:
            return text[:place]
    return text
