"""Text in the YAML files we write, so that every parser reads it back as that text."""

import re

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[-.][A-Za-z0-9_]+)*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def quoted(text: str) -> str:
    """A scalar between quotes. A lone surrogate, which no file can hold, becomes U+FFFD.

    JSON's strings are YAML but for one thing: its two escapes for a character above U+FFFF are none of YAML.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return f'"{"".join(map(_escaped, whole))}"'


def scalar(text: str) -> str:
    """A scalar, between quotes only where a parser might take it for anything else."""
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else quoted(text)


def _escaped(character: str) -> str:
    if character == '"':
        return '\\"'
    # Python's escapes are all YAML's too.
    return character if character.isprintable() and character != "\\" else character.encode("unicode_escape").decode()
