"""Secrets taken out of text before anybody sees it."""

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

MASK = "***"


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret masked: as it is, percent-encoded, and the path and query of an address alone."""
    found = set()
    for secret in secrets:
        found |= {secret, quote(secret, safe=""), quote(secret)}
        if "://" in secret:
            parts = urlsplit(secret)
            found |= {f"{parts.path}?{parts.query}" if parts.query else parts.path, parts.query, parts.path.strip("/")}
    for one in sorted((one for one in found if len(one) > 3), key=len, reverse=True):
        text = text.replace(one, MASK)
    return text
