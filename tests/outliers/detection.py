"""How well detectors find what `tests/outliers/injector.py` plants: recall, precision, and how true their amounts are.

    python -m tests.outliers.detection

writes the table into docs/reference/detection.md, in some ten minutes. Every pattern is planted at three strengths in traffic of two noise levels; all detectors look.
"""

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.ingesting import read
from tests.outliers.injector import DAYS, EVENTS, LIMITS, PLACES, PLANTS, START, clean

from llmcost.compose.limits_in_use import limits_in_use
from llmcost.config.settings import load_settings
from llmcost.ingest.outcomes import OutcomeRequest, ingest_outcomes
from llmcost.ledger import database
from llmcost.outliers.finding import Audit, Finding
from llmcost.outliers.run import AuditRequest, audit
from llmcost.outliers.traffic import LimitsInUse
from llmcost.pricing.price_list import PriceList, load_price_list

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "detection.md"
BEGIN, END = "<!-- table: python -m tests.outliers.detection -->\n", "<!-- end of the table -->"
STRENGTHS = {"weak": 0.5, "medium": 1.0, "strong": 2.0}
NOISES = (1.0, 2.0)
SEEDS = {"weak": 2, "medium": 5, "strong": 2}
CLEAN = 40
_AT_ONCE = 20

COMPANIONS = {
    "losing-cache": {"unread-cache-writes"},
    "unread-cache-writes": {"losing-cache"},
    "user-daily-spend": {"spend-anomaly", "power-users"},
    "zombie-feature": {"level-shift"},
    # Prompts of much the same size: what of them is shared is inferred from sizes, with low confidence.
    "prompt-bloat": {"missing-cache"},
    "new-big-spender": {"level-shift", "spend-anomaly"},
    "level-shift": {"spend-anomaly"},
    "power-users": {"user-daily-spend", "quota-nearly-used"},
    # Every attempt says the same, some of them for another customer.
    "retry-storm": {"duplicate-requests", "near-duplicates", "spend-anomaly"},
    "missing-cache": {"model-overuse"},
    "priority-outside-production": {"dev-leakage"},
    # Prompts that are the same from the first word to the last are worth caching, too.
    "duplicate-requests": {"missing-cache"},
    # A thread costs more within the hour than a quiet day does.
    "context-growth": {"spend-anomaly"},
    # One service makes half of the cost, and above medium strength more calls than a user may.
    "batchable-traffic": {"power-users", "quota-nearly-used"},
    # Contracts of 200,000 tokens or more are two thirds of the cost, and all of one size.
    "long-context-crossing": {"missing-cache", "spend-anomaly"},
}
"""What the same planted calls also are; counted neither for nor against a detector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One data set."""

    pattern: str | None
    strength: str
    noise: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was found in one data set."""

    case: Case
    planted: Decimal
    result: Audit

    def right(self) -> list[Finding]:
        """Findings of the pattern, where it is."""
        place = PLACES.get(self.case.pattern or "")
        return [
            one
            for one in self.result.findings
            if one.detector == self.case.pattern and (place is None or place in dict(one.scope).values())
        ]

    def wrong(self) -> list[Finding]:
        """Findings of what is not there."""
        right = {one.id for one in self.right()}
        also = COMPANIONS.get(self.case.pattern or "", set())
        return [one for one in self.result.findings if one.id not in right and one.detector not in also]


def cases(seeds: dict[str, int], noises: Sequence[float], untouched: int, first: int = 1000) -> Iterator[Case]:
    """The data sets of an evaluation; no two share a seed."""
    seed = first
    for pattern in PLANTS:
        for strength, count in seeds.items():
            for noise in noises:
                for _ in range(count):
                    seed += 1
                    yield Case(pattern=pattern, strength=strength, noise=noise, seed=seed)
    for number in range(untouched):
        yield Case(pattern=None, strength="none", noise=noises[number % len(noises)], seed=seed + 1 + number)


def outcomes(wanted: Sequence[Case], prices: PriceList) -> Iterator[Outcome]:
    """Every data set looked at. Some share a ledger, which is quicker, each as a business unit of its own."""
    together: dict[bool, list[Case]] = defaultdict(list)
    for case in wanted:
        together[case.pattern == "low-engagement"].append(case)
    for used, several in together.items():
        for start in range(0, len(several), _AT_ONCE):
            yield from _of_one_ledger(several[start : start + _AT_ONCE], prices, with_events=used)


def _of_one_ledger(wanted: Sequence[Case], prices: PriceList, *, with_events: bool) -> Iterator[Outcome]:
    with TemporaryDirectory() as place:
        folder, planted = Path(place), []
        with (folder / "made.jsonl").open("w", encoding="utf-8") as log:
            for case in wanted:
                traffic = clean(case.seed, noise=case.noise)
                if case.pattern is not None:
                    PLANTS[case.pattern](traffic, STRENGTHS[case.strength])
                planted.append(Decimal(str(round(traffic.planted, 9))))
                log.writelines(
                    json.dumps({**record, "business_unit": f"set-{case.seed}"}) + "\n" for record in traffic.records
                )
        read(folder / "made.duckdb", folder / "made.jsonl")
        if with_events:
            ingest_events(folder / "made.duckdb", [f"set-{case.seed}" for case in wanted])
        limits = limits_of(folder)
        with database.reading(folder / "made.duckdb") as connection:
            for case, amount in zip(wanted, planted, strict=True):
                request = AuditRequest(zone=UTC, where=(f"business_unit=set-{case.seed}",), limits=limits)
                yield Outcome(case=case, planted=amount, result=audit(connection, prices, request))


def limits_of(folder: Path) -> LimitsInUse | None:
    """The limits of clean traffic, as a file in this folder says them."""
    path = folder / "llmcost.yaml"
    path.write_text(LIMITS, "utf-8")
    return limits_in_use(load_settings(path))


def ingest_events(ledger: Path, units: Sequence[str]) -> None:
    """Tell a ledger the business events of clean traffic, without which nobody knows how much a feature is used."""
    path = ledger.with_suffix(".events.csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "business_unit", "feature", "metric", "value"])
        day = (START + timedelta(days=DAYS // 2)).date()
        writer.writerows(
            [day, unit, feature, "engagements", count] for unit in units for feature, count in EVENTS.items()
        )
    ingest_outcomes(OutcomeRequest(paths=[str(path)], ledger=ledger))


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one detector did."""

    detector: str
    recall: dict[str, tuple[int, int]]
    """By strength: data sets in which it found the pattern, and data sets."""
    true: int
    """Findings of the pattern at medium strength."""
    false: int
    """Findings of it where it is not, in all data sets of medium strength and in clean ones."""
    held: tuple[int, int] | None
    """Data sets at medium strength whose planted amount is within the range, and those with an amount; None without one."""
    width: float | None
    """Median of the range's width, in planted amounts."""

    @property
    def precision(self) -> float:
        """The part of its findings that are right; 1 without any."""
        return self.true / (self.true + self.false) if self.true + self.false else 1.0


def scores(found: Sequence[Outcome]) -> list[Score]:
    """Of every detector whose pattern was planted, in order of their ids."""
    false: dict[str, int] = defaultdict(int)
    for one in found:
        for finding in one.wrong() if one.case.strength in {"medium", "none"} else ():
            false[finding.detector] += 1
    return [_score(name, [one for one in found if one.case.pattern == name], false[name]) for name in sorted(PLANTS)]


def _score(name: str, own: Sequence[Outcome], false: int) -> Score:
    recall = {}
    for strength in STRENGTHS:
        those = [one for one in own if one.case.strength == strength]
        recall[strength] = (sum(bool(one.right()) for one in those), len(those))
    ranges = [
        (low, high, one.planted)
        for one in own
        if one.case.strength == "medium" and one.planted and (right := [f for f in one.right() if f.savings])
        for low, high in [[sum((getattr(f.savings, end) for f in right), Decimal(0)) for end in ("low", "high")]]
    ]
    return Score(
        detector=name,
        recall=recall,
        true=sum(len(one.right()) for one in own if one.case.strength == "medium"),
        false=false,
        # Sizes were rounded to whole tokens, and sums in floats: half a percent either way is the same amount.
        held=(
            sum(low * Decimal("0.995") <= planted <= high * Decimal("1.005") for low, high, planted in ranges),
            len(ranges),
        )
        if ranges
        else None,
        width=float(median((high - low) / planted for low, high, planted in ranges)) if ranges else None,
    )


def table(found: Sequence[Outcome]) -> Iterator[str]:
    """The scores as Markdown, and what was found in traffic without any pattern."""
    yield "| Detector | Recall weak | medium | strong | Precision | Planted amount in the range | Width of the range |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for one in scores(found):
        hits = [f"{hit}/{count}" for hit, count in one.recall.values()]
        held = f"{one.held[0]}/{one.held[1]}" if one.held else "no saving claimed"
        width = f"{one.width:.2f}" if one.width is not None else ""
        precision = f"{one.precision:.2f} ({one.true} of {one.true + one.false})"
        yield f"| `{one.detector}` | {' | '.join(hits)} | {precision} | {held} | {width} |"
    untouched = [one for one in found if one.case.pattern is None]
    planted = [one for one in found if one.case.pattern is not None]
    raised = [finding.detector for one in untouched for finding in one.result.findings]
    named = f": {', '.join(f'`{name}`' for name in sorted(set(raised)))}" if raised else ""
    yield ""
    yield f"{len(untouched)} data sets of clean traffic raised {_findings(len(raised))}{named}."
    for strength in STRENGTHS:
        those = [one for one in planted if one.case.strength == strength]
        beside = sum(len(one.wrong()) for one in those)
        yield f"{len(those)} data sets with a {strength} pattern raised {_findings(beside)} beside it."


def _findings(count: int) -> str:
    return f"{count} finding{'' if count == 1 else 's'}"


def main() -> None:
    """Evaluate, and write the table."""
    prices = load_price_list()
    found = []
    for one in outcomes(list(cases(SEEDS, NOISES, CLEAN)), prices):
        found.append(one)
        for finding in one.wrong():
            print(f"wrong: {one.case}: {finding.detector}: {finding.headline}", file=sys.stderr)
        if one.case.pattern and not one.right():
            print(f"missed: {one.case}", file=sys.stderr)
    before, mark, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    if not mark or not after:
        sys.exit(f"{PAGE} has no place for the table")
    PAGE.write_text("\n".join([before + BEGIN, *table(found), END + after]), "utf-8")


if __name__ == "__main__":
    main()
