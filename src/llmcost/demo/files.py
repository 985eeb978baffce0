"""The log on disk: one file a month, with the blemishes real logs have."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from llmcost.demo.chance import hex_id
from llmcost.demo.rows import spend_log_line, spend_log_row

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from llmcost.demo.call import Call

_OVERLAP = 200
"""Lines that a rotated file and its successor share."""
_MALFORMED = {"truncated": 3, "garbage": 2, "negative": 2, "fractional": 1}
_GARBAGE = (
    "\x1b[31mERROR\x1b[0m spend log flush failed, retrying in 5 seconds",
    "Traceback (most recent call last): <redacted>",
)


def write_months(directory: Path, calls: list[Call], rng: Random) -> tuple[tuple[str, ...], Counter[str]]:
    """Write calls, given in the order of time; return the file names and how many lines of each odd kind there are."""
    directory.mkdir(parents=True, exist_ok=True)
    months = [(month, list(group)) for month, group in groupby(calls, key=lambda call: f"{call.started_at:%Y-%m}")]
    oddities: Counter[str] = Counter()
    names = []
    carried: list[str] = []
    damaged = _damaged_lines(rng, calls)
    for index, (month, group) in enumerate(months):
        lines = [spend_log_line(call) for call in group]
        tail = lines[-min(_OVERLAP, len(lines) // 4) :] if len(lines) >= 4 else []
        # The damage of this file: every months-th piece, kept away from the lines that are repeated next month.
        for kind, text in damaged[index :: len(months)]:
            lines.insert(rng.randrange(1, max(2, len(lines) * 3 // 4)), text)
            oddities[kind] += 1
        oddities["duplicate"] += len(carried)
        oldest_of_several = index == 0 and len(months) > 1
        name = f"gateway-{month}.jsonl" + (".gz" if oldest_of_several else "")
        _write(directory / name, [*carried, *lines])
        names.append(name)
        carried = tail
    return tuple(names), oddities


def _write(path: Path, lines: list[str]) -> None:
    content = "".join(f"{line}\n" for line in lines).encode()
    if path.suffix != ".gz":
        path.write_bytes(content)
        return
    # No file name and no time in the header, so that the same log is the same file.
    with path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as packed:
        packed.write(content)


def _damaged_lines(rng: Random, calls: list[Call]) -> list[tuple[str, str]]:
    """Lines no reader may count: each is modelled on a real one but has an id of its own."""
    billed = [call for call in calls[:: max(1, len(calls) // 500)] if call.usage.completion and not call.cache_hit]
    damaged = []
    for kind, count in _MALFORMED.items():
        for number in range(count):
            row = spend_log_row(rng.choice(billed))
            row["request_id"] = f"chatcmpl-{hex_id(rng)}"
            damaged.append((kind, _damage(kind, number, row)))
    return damaged


def _damage(kind: str, number: int, row: dict[str, Any]) -> str:
    if kind == "garbage":
        return _GARBAGE[number % len(_GARBAGE)]
    if kind == "truncated":
        whole = json.dumps(row)
        return whole[: len(whole) * (4 + number) // 10]
    prompt: float = -17 if kind == "negative" else 1.5
    for counts in (row, row["metadata"]["usage_object"]):
        counts["prompt_tokens"] = prompt
        counts["total_tokens"] = prompt + counts["completion_tokens"]
    return json.dumps(row)
