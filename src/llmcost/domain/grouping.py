"""Numbers as people type them, with commas between thousands."""

import re

_GROUPED = re.compile(r"\s*[-+]?\$?\d{1,3}(?:,\d{3})+(?:\.\d*)?\s*", re.ASCII)


def ungrouped(text: str) -> str:
    """`1,500.25` as `1500.25`, `1_500` as `1500`; commas that part no thousands stay, since `1,5` may well be one and a half."""
    return (text.replace(",", "") if _GROUPED.fullmatch(text) else text).replace("_", "")
