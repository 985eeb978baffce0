"""Logs to measure with: deterministic, and counted by the generator itself.

Run by itself this writes one log and, beside it, what it contains; a process of its own, so that what it needs does not
show in the memory of what is measured:

    python benchmarks/logs.py litellm 1000000 FILE
"""

import itertools
import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

if __package__ in {None, ""}:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.shapes import Call, Shape, Who, litellm, mixed

VERSION = 4
"""Raised when the same parameters give another log."""

_SEED = 2026
_CUSTOMERS = 5000
_REDELIVERED = 0.02
_BAD = 0.00035
_START = 1_790_812_800  # 2026-10-01 00:00 UTC
_DAYS = 31

_FEATURES = ("chat", "search", "summarise", "classify", "extract", "translate", "rewrite", "route")
_TEAMS = ("support", "documents", "search", "growth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a log contains, in the generator's own count."""

    lines: int
    requests: int
    """Distinct calls on lines that can be read."""
    unreadable: int
    """Lines that are no JSON object."""
    rejected: int
    """Unreadable lines and those with a count that is none."""
    input_tokens: int
    """Of distinct calls, cache reads and writes included."""
    output_tokens: int
    """Of distinct calls, reasoning included."""
    size: int
    """Bytes."""


def write(kind: str, lines: int, path: Path) -> Facts:
    """Write a log of `lines` lines and return what it contains."""
    rng = random.Random(f"{_SEED}-{kind}-{lines}")  # noqa: S311  data to measure with
    shape = _shapes()[kind]
    requests = unreadable = rejected = input_tokens = output_tokens = 0
    recent: list[str] = []
    bad = itertools.cycle(_BAD_LINES)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for call in _calls(rng, lines):
            chance = rng.random()
            if chance < _REDELIVERED and recent:
                file.write(recent[int(chance * 1e6) % len(recent)])
                continue
            text = shape(call)
            if chance > 1 - _BAD:
                spoil, is_json = next(bad)
                file.write(spoil(text) + "\n")
                rejected += 1
                unreadable += not is_json
                continue
            line = text + "\n"
            file.write(line)
            requests += 1
            input_tokens += call.input_tokens
            output_tokens += call.output_tokens
            if len(recent) < 1000:
                recent.append(line)
            else:
                recent[call.number % 1000] = line
    return Facts(
        lines=lines,
        requests=requests,
        unreadable=unreadable,
        rejected=rejected,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        size=path.stat().st_size,
    )


def _shapes() -> dict[str, Shape]:
    return {"litellm": litellm(job_ids=False), "litellm-job-ids": litellm(job_ids=True), "mixed": mixed()}


# How a line goes wrong, and whether it is still JSON: cut off, not JSON, a list, cut at the start.
_BAD_LINES: tuple[tuple[Callable[[str], str], bool], ...] = (
    (lambda text: text[: len(text) // 2], False),
    (lambda text: "upstream connect error or disconnect/reset before headers" + text[:0], False),
    (lambda text: text[len(text) // 3 :], False),
    (lambda text: f"{text},", False),
)


def _calls(rng: random.Random, count: int) -> Iterator[Call]:
    customers = [f"cust-{number:05d}" for number in range(_CUSTOMERS)]
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(_CUSTOMERS)))
    step = _DAYS * 86_400_000_000 // count
    at = _START * 1_000_000
    for first in range(0, count, 10_000):
        for number, customer in enumerate(
            rng.choices(customers, cum_weights=weights, k=min(10_000, count - first)), first
        ):
            bits = rng.getrandbits(64)
            at += step - (bits & 0x3FF)
            prompt = 200 + (bits >> 10) % 6000
            yield Call(
                number=number,
                identity=rng.getrandbits(128),
                at=at,
                milliseconds=200 + (bits >> 24) % 9000,
                choice=(bits >> 40) % 1000,
                cached=(prompt // 2) & ~127 if bits & 0x800 else 0,
                reasoning=64 * ((bits >> 20) & 7) if bits & 0x1000 else 0,
                prompt=prompt,
                answer=20 + 64 * 8 + (bits >> 34) % 900,
                who=Who(
                    customer=customer,
                    user=f"u-{customer[5:]}-{bits & 7}",
                    # A feature belongs to one team and has one prompt; some users are testers.
                    feature=_FEATURES[(bits >> 3) & 7],
                    team=_TEAMS[(bits >> 4) & 3],
                    version=f"v{1 + ((bits >> 3) & 7) % 3}",
                    environment="staging" if bits & 7 == 7 else "production",
                ),
            )


def main() -> None:
    """Write the log named on the command line, and its facts beside it."""
    kind, lines, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    facts = write(kind, lines, path)
    path.with_suffix(".facts.json").write_text(json.dumps(asdict(facts)), "utf-8")


if __name__ == "__main__":
    main()
