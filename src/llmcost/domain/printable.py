"""Text from logs and files made safe to show."""

import unicodedata


def printable(text: str) -> str:
    r"""The text on one line, with what could command a terminal or hide other text written as escapes.

    A file name may hold an escape sequence, a line break or a bidirectional override; shown raw it could forge a line of our
    output. `\x1b` is shown as the four characters it is written with.
    """
    if text.isprintable() and _UNSEEN.isdisjoint(text):
        return text
    before = ("", *text)
    return "".join(_escaped(one) if _hides(one, last) else one for last, one in zip(before, text, strict=False))


_UNSEEN = frozenset("\u034f\u115f\u1160\u3164\uffa0")
"""Letters and marks that are drawn as nothing: the grapheme joiner, and fillers of Hangul."""
_JOINERS = frozenset("\u200c\u200d")
_UNJOINED = ("LATIN", "GREEK", "CYRILLIC", "DIGIT", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "FULLWIDTH", "ZERO WIDTH")
"""How the names of characters begin that no joiner changes the look of."""


def _hides(character: str, before: str) -> bool:
    """Whether it commands a terminal, or is not to be seen behind the character before it."""
    if character in _JOINERS:
        # Format characters that some scripts, and emoji, need.
        return before.isascii() or unicodedata.name(before, "").startswith(_UNJOINED)
    # Control, format, surrogate, line separator, paragraph separator.
    return character in _UNSEEN or unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
