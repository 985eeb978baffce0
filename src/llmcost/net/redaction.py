"""Secrets taken out of text before anybody sees it."""

import re
from collections.abc import Iterable
from functools import cache
from urllib.parse import unquote, urlsplit

from llmcost.domain.credentials import masked_shapes

MASK = "***"
_NAMED = {"&": "|amp", "<": "|lt", ">": "|gt", '"': "|quot", "'": "|apos"}
_OTHERWISE = {" ": r"|\+"}
_SHORT = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
"""Characters that JSON and Python write as one letter after a backslash."""


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret masked, and the path and query of an address alone, and what else looks like a credential.

    A server may say a secret back as it is, escaped as JSON, address or HTML allow, or quoted within any of them; an HTTP
    client may quote it as Python does.
    """
    found = set()
    for secret in secrets:
        found |= {secret, unquote(secret)}
        if "://" in secret:
            parts = urlsplit(secret)
            found |= {f"{parts.path}?{parts.query}" if parts.query else parts.path, parts.query, parts.path.strip("/")}
    for one in sorted((one for one in found if len(one) > 3), key=len, reverse=True):
        text = _written(one).sub(MASK, text)
    return masked_shapes(text)


@cache
def _written(secret: str) -> re.Pattern[str]:
    """Every way to write a secret, each of its characters plain or escaped."""
    return re.compile("".join(map(_character, secret)))


def _character(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    json = "".join(rf"\\+u{units[at : at + 4]}" for at in range(0, len(units), 4))
    if character in _SHORT:
        json += rf"|\\+{_SHORT[character]}"
    python = "".join(rf"\\+x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
    # `%25` is an escaped percent sign, of what was escaped before.
    address = "".join(f"%(?:25)*{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
    html = f"&(?:amp;)*(?:#0*{ord(character)}|#x0*{ord(character):x}{_NAMED.get(character, '')});"
    return rf"(?:\\*{re.escape(character)}{_OTHERWISE.get(character, '')}|(?i:{json}|{python}|{address}|{html}))"
