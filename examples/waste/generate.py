"""Write a month of one of two published case studies as records of llmcost's own shape.

    python examples/waste/generate.py support > support.csv
    python examples/waste/generate.py shop > shop.csv

support costs $12,000: 40 % in development, 30 % for summaries by a large model, 10 % for repeated attempts.
shop is one of a retailer's ten shops and costs $800 of its $8,000: small questions and long prompts, all to a large model.

Sizes differ from call to call in such a way that the sums above are exact at the makers' prices, in dollars a million tokens:
claude-opus-4-1 15 in and 75 out, gpt-4o 2.50 in and 10 out.
"""

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

START = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = 31
FIELDS = (
    "request_id",
    "timestamp",
    "provider",
    "model",
    "feature",
    "team",
    "environment",
    "user_id",
    "session_id",
    "status",
    "http_status",
    "input_tokens",
    "output_tokens",
)
Record = dict[str, object]


def main() -> None:
    """Write the records of the case named on the command line."""
    cases = {"support": support, "shop": shop}
    if sys.argv[1:2] == [] or sys.argv[1] not in cases:
        sys.exit(f"name a case: {', '.join(cases)}")
    writer = csv.DictWriter(sys.stdout, FIELDS, lineterminator="\n")
    writer.writeheader()
    for number, record in enumerate(cases[sys.argv[1]](Random(2026))):  # noqa: S311  reproducible on purpose
        writer.writerow({"request_id": f"{sys.argv[1]}-{number}", **record})


def support(rng: Random) -> Iterator[Record]:
    """24,400 charged calls: 6,400 at $0.75 and 6,000 at $0.60 on average, 8,000 at $0.30, and 4,000 of $0.30 too many."""
    yield from _varied(rng, 6400, (40_000, 2000), feature="reply", environment="development")
    yield from _varied(rng, 6000, (32_000, 1600), feature="summarise", environment="production")
    yield from _varied(rng, 7996, (16_000, 800), feature="reply", environment="production")
    for day in (8, 15, 21, 27):
        yield from _incident(START + timedelta(days=day, hours=9))


def _incident(at: datetime) -> Iterator[Record]:
    """The model answers after the caller has given up and asked again: 1,000 answers nobody reads, then one in time."""
    for attempt in range(1251):
        at += timedelta(seconds=4)
        failed = {"status": "error", "http_status": 429 if attempt % 5 == 4 else 504}
        yield {
            **_call(at, feature="reply", environment="production"),
            "user_id": "svc-mail",
            "session_id": f"ticket-{at:%d}",
            "input_tokens": 0 if attempt % 5 == 4 else 16_000,
            "output_tokens": 0 if attempt % 5 == 4 else 800,
            **(failed if attempt < 1250 else {}),
        }


def shop(rng: Random) -> Iterator[Record]:
    """10,000 questions at $0.03, 3,000 answers at $0.15 with instructions of 7,000 tokens, 2,500 texts at $0.02."""
    for _ in range(2500):
        more, longer = rng.randrange(401), rng.randrange(21)
        # Three a little above the mean of 1,600 and 80 tokens, one as far below it.
        for times in (1, 1, 1, -3):
            size = {"input_tokens": 1600 + times * more, "output_tokens": 80 + times * longer}
            yield {**_call(_moment(rng), feature="intent", environment="production"), "user_id": _user(rng), **size}
    for burst in range(150):
        at = START + timedelta(days=burst // 5, hours=8 + 3 * (burst % 5))
        for pair in range(10):
            # One question in twenty is empty: what is left of its prompt is the instructions.
            question = 2000 if pair == 0 else rng.randrange(2001)
            for call, size in enumerate((9000 + question, 9000 - question)):
                yield {
                    **_call(at + timedelta(minutes=2 * pair + call), feature="assistant", environment="production"),
                    "user_id": _user(rng),
                    "input_tokens": size,
                    "output_tokens": 200,
                }
    for record in _varied(rng, 2500, (4000, 1000), feature="describe", environment="production"):
        yield {**record, "provider": "openai", "model": "gpt-4o"}


def _varied(rng: Random, calls: int, usual: tuple[int, int], **fields: str) -> Iterator[Record]:
    """Calls in pairs, one as far above the usual size as the other is below it."""
    for _ in range(calls // 2):
        share = rng.uniform(-0.9, 0.9)
        for sign in (1, -1):
            sizes = [size + sign * round(size * share) for size in usual]
            record = {**_call(_moment(rng), **fields), "user_id": _user(rng)}
            yield {**record, "input_tokens": sizes[0], "output_tokens": sizes[1]}


def _call(at: datetime, **fields: str) -> Record:
    return {
        "timestamp": at.isoformat(),
        "provider": "anthropic",
        "model": "claude-opus-4-1",
        "team": "service",
        **fields,
    }


def _moment(rng: Random) -> datetime:
    return START + timedelta(days=rng.randrange(DAYS), seconds=min(86_399, max(0, int(rng.gauss(46_800, 11_000)))))


def _user(rng: Random) -> str:
    return f"user-{rng.randrange(300):03}"


if __name__ == "__main__":
    main()
