"""What is measured, against what, and what it should come to."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping

from benchmarks import commands, pulls
from benchmarks.finding import Finding
from benchmarks.measure import Contender, Series, interleaved, ratios, run
from benchmarks.shapes import other_prices
from benchmarks.workshop import Workshop, equal_rows

_HUGE_BYTES = 5_000_000_000
_MEMORY_GOAL = 1000


def ingest(workshop: Workshop) -> list[Finding]:
    """A new gateway log into a new ledger, against DuckDB loading the same columns."""
    return _first_time(workshop, "ingest", "litellm", workshop.lines, goal=1.5)


def unique_tags(workshop: Workshop) -> list[Finding]:
    """The same where one metadata key is different on every row, a quarter of the lines."""
    return _first_time(workshop, "unique-tags", "litellm-job-ids", max(workshop.lines // 4, 1), goal=None)


def mixed(workshop: Workshop) -> list[Finding]:
    """Six shapes in one file, most of them in an envelope."""
    return _first_time(workshop, "mixed", "mixed", workshop.lines, goal=1.5)


def known(workshop: Workshop) -> list[Finding]:
    """A log the ledger has read: the same file, and its content under another name."""
    log = workshop.log("litellm", workshop.lines)
    facts = workshop.facts(log)
    ledger = workshop.ledger(log)
    with workshop.renamed(log) as other:
        contenders = [
            workshop.loading("floor", "litellm", log),
            workshop.ingesting("same", log, facts, onto=ledger, expected={"new": 0, "rejected": facts.rejected}),
            workshop.ingesting(
                "renamed",
                other,
                facts,
                onto=ledger,
                expected={"new": 0, "rejected": facts.rejected},
                rejected=2 * facts.rejected,
            ),
        ]
        series = interleaved(contenders, workshop.rounds, workshop.environment)
    return [
        *_compared("known", "unchanged file", series["same"], series["floor"], goal=0.9),
        *_compared("known", "under another name", series["renamed"], series["floor"], goal=0.9),
    ]


def report(workshop: Workshop) -> list[Finding]:
    """Two reports over a large ledger, against the same SQL by hand; start-up is measured on a small ledger and taken off."""
    large = workshop.ledger(workshop.log("litellm", workshop.lines))
    small = workshop.ledger(workshop.log("litellm", 100))
    findings = []
    for by in ("customer_id", "day,model"):
        contenders: list[Contender] = []
        for name, ledger in (("", large), ("start-up ", small)):
            command = workshop.bare("report", by, str(ledger))
            rows = json.loads(subprocess.run(command, check=True, capture_output=True, env=workshop.environment).stdout)
            check = equal_rows(rows)
            ours = workshop.llmcost("report", "--by", by, "--format", "json", "--limit", "1000000", "--db", str(ledger))
            contenders += [
                Contender(name=f"{name}floor", command=command, check=check),
                Contender(name=f"{name}ours", command=ours, check=check),
            ]
        series = interleaved(contenders, max(workshop.rounds, 5), workshop.environment)
        start_up = series["start-up ours"].median("wall") - series["start-up floor"].median("wall")
        ours_, floor = series["ours"], series["floor"]
        findings += [
            Finding(
                case="report",
                what=f"--by {by}, less start-up",
                unit="s",
                ours=tuple(ours_.values("wall")),
                floor=tuple(floor.values("wall")),
                value=tuple(
                    (a - start_up) / b for a, b in zip(ours_.values("wall"), floor.values("wall"), strict=True)
                ),
                goal=1.2,
            ),
            _difference("report", f"--by {by}, start-up", series["start-up ours"], series["start-up floor"], goal=None),
            _memory("report", f"--by {by}, peak RSS", ours_, floor),
        ]
    return findings


def reprice(workshop: Workshop) -> list[Finding]:
    """Every request of a large ledger rated again at other prices, against an INSERT ... SELECT of rows as wide."""
    log = workshop.log("litellm", workshop.lines)
    ledger = workshop.ledger(log)
    requests = workshop.facts(log).requests
    prices = workshop.folder / "other-prices.yaml"
    prices.write_text(other_prices(), "utf-8")
    target = workshop.folder / "repriced.duckdb"

    def prepare() -> None:
        workshop.discard(target)
        shutil.copyfile(ledger, target)

    def changed(output: str) -> None:
        totals = json.loads(output)["totals"]
        found = totals["requests"], totals["changed"]
        assert found == (requests, requests), f"{found} requests and changes, not {requests} each"
        workshop.discard(target)

    def copied(output: str) -> None:
        assert json.loads(output) == {"rows": requests}, f"{output.strip()}, not {requests}"
        workshop.discard(target)

    options = ("--yes", "--format", "json", "--pricing", str(prices), "--db", str(target))
    contenders = [
        Contender(name="floor", command=workshop.bare("rewrite", str(target)), prepare=prepare, check=copied),
        Contender(name="ours", command=workshop.llmcost("db", "reprice", *options), prepare=prepare, check=changed),
    ]
    series = interleaved(contenders, workshop.rounds, workshop.environment)
    return [
        *_compared("reprice", f"{requests:,} requests", series["ours"], series["floor"], goal=2),
        _memory("reprice", "peak RSS", series["ours"], series["floor"]),
    ]


def small(workshop: Workshop) -> list[Finding]:
    """What is felt at every call: a small ledger's report, `--version` and `--help`."""
    ledger = workshop.ledger(workshop.log("litellm", 10_000))
    python = Contender(name="python", command=[sys.executable, "-c", "pass"])
    contenders = [
        Contender(name="table", command=workshop.bare("table", str(ledger))),
        Contender(
            name="report",
            command=workshop.llmcost("report", "--by", "customer_id", "--limit", "20", "--db", str(ledger)),
        ),
        python,
        Contender(name="version", command=workshop.llmcost("--version")),
        Contender(name="help", command=workshop.llmcost("--help")),
    ]
    for contender in contenders:
        run(contender, workshop.environment)  # compiles modules
    series = interleaved(contenders, max(2 * workshop.rounds, 10), workshop.environment)
    return [
        *_compared("small", "report of 10,000 requests", series["report"], series["table"], goal=1.4),
        _difference("small", "--version", series["version"], series["python"], goal=150),
        _difference("small", "--help", series["help"], series["python"], goal=350),
    ]


def huge(workshop: Workshop) -> list[Finding]:
    """Memory: a log of 5 GB, read once."""
    sample = workshop.facts(workshop.log("litellm", 10_000))
    log = workshop.log("litellm", _HUGE_BYTES * sample.lines // sample.size)
    try:
        contender = workshop.ingesting("ingest", log, workshop.facts(log))
        series = Series(runs=[run(contender, workshop.environment)])
    finally:
        log.unlink()
        log.with_suffix(".facts.json").unlink()
    return [
        Finding(
            case="huge",
            what=f"{what} of a {_HUGE_BYTES / 1e9:.0f} GB log",
            unit=unit,
            ours=tuple(series.values(key)),
            floor=(),
            value=tuple(series.values(key)) if key == "rss" else (),
            goal=_MEMORY_GOAL if key == "rss" else None,
            kind=unit,
        )
        for what, unit, key in (("wall", "s", "wall"), ("CPU", "s", "cpu"), ("peak RSS", "MB", "rss"))
    ]


def replay(workshop: Workshop) -> list[Finding]:
    """`quota simulate --quick`: one limit per user, counted as a sliding log, on five times as many requests as lines."""
    ledger, limits = workshop.traffic(5 * workshop.lines), workshop.folder / "limits.yaml"
    limits.write_text(
        "limits: [{id: per-user, limit: 30, unit: requests, window: 1m, per: [user_id], algorithm: sliding}]\n", "utf-8"
    )
    command = workshop.bare("replay", str(ledger))
    blocked = json.loads(subprocess.run(command, check=True, capture_output=True, env=workshop.environment).stdout)

    def check(output: str) -> None:
        document = json.loads(output)
        found = document["totals"]["blocked"] if isinstance(document, dict) else document
        assert found == blocked, f"{found} requests refused, not {blocked}"

    ours = workshop.llmcost(
        "quota", "simulate", str(limits), "--quick", "--format", "json", "--db", str(ledger)
    )  # fmt: skip
    contenders = [
        Contender(name="ours", command=ours, check=check),
        Contender(name="floor", command=command, check=check),
    ]
    series = interleaved(contenders, workshop.rounds, workshop.environment)
    return [
        Finding(
            case="replay",
            what=f"{5 * workshop.lines:,} requests: {what}",
            unit=unit,
            ours=tuple(series["ours"].values(key)),
            floor=tuple(series["floor"].values(key)),
            value=tuple(series["ours"].values(key)),
            goal=goal,
            kind=unit,
        )
        for what, unit, key, goal in (
            ("CPU", "s", "cpu", 10.0),
            ("peak RSS", "MB", "rss", 2000.0),
            ("wall", "s", "wall", None),
        )
    ]


CASES: Mapping[str, Callable[[Workshop], list[Finding]]] = {
    "ingest": ingest,
    "unique-tags": unique_tags,
    "mixed": mixed,
    "known": known,
    "report": report,
    "reprice": reprice,
    "small": small,
    "replay": replay,
    "tiers": commands.tiers,
    "check": commands.check,
    "outliers": commands.outliers,
    "dashboards": commands.dashboards,
    "named": commands.named,
    "pull": pulls.pull,
    "huge": huge,
}


def _first_time(workshop: Workshop, case: str, kind: str, lines: int, *, goal: float | None) -> list[Finding]:
    log = workshop.log(kind, lines)
    facts = workshop.facts(log)
    contenders = [
        workshop.loading("floor", kind, log),
        workshop.ingesting("ours", log, facts),
        workshop.loading("unordered", kind, log, ordered=False),
    ]
    series = interleaved(contenders, workshop.rounds, workshop.environment)
    return [
        *_compared(
            case, f"{facts.lines:,} lines, {facts.size / 1e9:.2f} GB", series["ours"], series["floor"], goal=goal
        ),
        _ratio(case, "wall over an unordered load", series["ours"], series["unordered"], key="wall", goal=None),
        Finding(
            case=case,
            what="peak RSS",
            unit="MB",
            ours=tuple(series["ours"].values("rss")),
            floor=tuple(series["floor"].values("rss")),
            value=tuple(series["ours"].values("rss")),
            goal=_MEMORY_GOAL,
            kind="MB",
        ),
    ]


def _compared(case: str, what: str, ours: Series, floor: Series, *, goal: float | None) -> list[Finding]:
    return [
        _ratio(case, f"{what}: wall", ours, floor, key="wall", goal=goal),
        _ratio(case, f"{what}: CPU", ours, floor, key="cpu", goal=None),
    ]


def _ratio(case: str, what: str, ours: Series, floor: Series, *, key: str, goal: float | None) -> Finding:
    return Finding(
        case=case,
        what=what,
        unit="s",
        ours=tuple(ours.values(key)),
        floor=tuple(floor.values(key)),
        value=tuple(ratios(ours, floor, key)),
        goal=goal,
    )


def _memory(case: str, what: str, ours: Series, floor: Series) -> Finding:
    return Finding(
        case=case,
        what=what,
        unit="MB",
        ours=tuple(ours.values("rss")),
        floor=tuple(floor.values("rss")),
        value=(),
        goal=None,
    )


def _difference(case: str, what: str, ours: Series, floor: Series, *, goal: float | None) -> Finding:
    pairs = list(zip(ours.values("wall"), floor.values("wall"), strict=True))
    return Finding(
        case=case,
        what=what,
        unit="ms",
        ours=tuple(1000 * a for a, _ in pairs),
        floor=tuple(1000 * b for _, b in pairs),
        value=tuple(1000 * (a - b) for a, b in pairs),
        goal=goal,
        kind="ms",
    )
