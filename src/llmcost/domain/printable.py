"""Text from logs and files made safe to show."""

import unicodedata


def printable(text: str) -> str:
    r"""The text on one line, with what could command a terminal or hide other text written as escapes.

    A file name may hold an escape sequence, a line break or a bidirectional override; shown raw it could forge a line of our
    output. `\x1b` is shown as the four characters it is written with.
    """
    if text.isprintable():
        return text
    return "".join(_escaped(character) if _commands(character) else character for character in text)


def _commands(character: str) -> bool:
    # Control, format, surrogate, line separator, paragraph separator. Joiners are format characters that scripts need.
    return character not in "\u200c\u200d" and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
