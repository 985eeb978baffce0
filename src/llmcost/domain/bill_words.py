"""The words of bills: amounts, days, and what a charge is for."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args

TokenClass = Literal["input", "cache_read", "cache_write", "output", "audio", "image", "units"]
TOKEN_CLASSES: tuple[TokenClass, ...] = get_args(TokenClass)
"""What both a ledger and a bill can tell apart.

`output` includes reasoning, as bills do; `units` is what is not charged by the token: searches, images, seconds, pages.
"""

_GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,2})?")
_DAY = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)[\d.]*)?(?:Z|[-+]\d{2}:?\d{2}| UTC)?"
)

_CLASSES: tuple[tuple[str, TokenClass], ...] = (
    (r"audio|speech|transcri", "audio"),
    (r"search|session|per image|\bimages?$|storage|container|code (interpreter|execution)|pages?$", "units"),
    (r"image", "image"),
    (r"cach\w* (write|creation|storage)|write.*cache|ephemeral", "cache_write"),
    (r"uncached|no cache|non cached", "input"),
    (r"cach", "cache_read"),
    (r"output|completion|reasoning|generated|response", "output"),
    (r"input|prompt|context", "input"),
)
"""Patterns over words in lower case, parted by single blanks; the first that is found decides."""


def amount_of(text: object) -> Decimal:
    """An amount or a quantity; ValueError says what is wrong with it."""
    if isinstance(text, bool) or text is None:
        raise ValueError("no amount")
    if isinstance(text, int | Decimal):
        return Decimal(text)
    plain = re.sub(r"^([-+]?)\$", r"\1", str(text).strip()).replace("\u00a0", "")
    if not plain:
        raise ValueError("no amount")
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"{plain[:40]!r} is not an amount")
    return Decimal(plain)


def optional_amount(text: object) -> Decimal | None:
    """A quantity the bill may leave out; ValueError when it is there and not a number."""
    return None if text is None or (isinstance(text, str) and not text.strip()) else amount_of(text)


def day_of(text: object) -> date:
    """The calendar day a time is written in, in the bill's own days; ValueError when it is none."""
    if isinstance(text, int) or (isinstance(text, str) and re.fullmatch(r"\d{9,11}", text.strip())):
        return datetime.fromtimestamp(int(text), UTC).date()
    found = _DAY.fullmatch(str(text or "").strip())
    if found is None:
        raise ValueError(f"{str(text or '')[:40]!r} is not a date")
    return date.fromisoformat(found["day"])


def end_of(text: object, since: date) -> date:
    """The day after the last of a charge that ends, exclusively, at the time `text`; a day without one.

    ValueError where it ends before it begins.
    """
    if text is None or text == "":
        return since + timedelta(days=1)
    until = day_of(text)
    found = _DAY.fullmatch(str(text).strip())
    if found is not None and found["time"] is not None and found["time"].strip("0:"):
        until += timedelta(days=1)
    return after(until, since)


def after(until: date, since: date) -> date:
    """The end of a charge, a day after it begins at least; ValueError where it ends before."""
    if until < since:
        raise ValueError(f"ends on {until}, before it begins on {since}")
    return max(until, since + timedelta(days=1))


def class_of(text: str) -> TokenClass | None:
    """What a charge is for, in a bill's words: `cached input`, `input_tokens`, `cache-write-input-token-count`."""
    words = re.sub(r"[\s_./|-]+", " ", text.lower()).strip()
    return next((token_class for pattern, token_class in _CLASSES if re.search(pattern, words)), None)


def text_of(record: Mapping[str, Any], key: str) -> str | None:
    """Text at a key of a JSON record; None where it is absent, null or empty."""
    value = record.get(key)
    return value if isinstance(value, str) and value else None


def line_item(text: str | None) -> tuple[str | None, TokenClass | None]:
    """Model and token class of OpenAI's `gpt-5-nano, input_tokens`, or of a tool such as `web search tool calls`."""
    if not text:
        return None, None
    model, comma, kind = text.rpartition(", ")
    if comma:
        return model.strip() or None, class_of(kind)
    token_class = class_of(text)
    return (None, "units") if token_class == "units" else (text.strip(), None)  # noqa: S105  not a password
