"""Commands over a large ledger that nothing else does, so that only the clock and the memory judge them."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.finding import Finding
from benchmarks.measure import Contender, interleaved
from benchmarks.workshop import Workshop

_MEMORY_GOAL = 2000  # MB

_LATE = "2026-10-31T22:00:00Z"
"""Near the end of every generated log, whatever its length."""

_PLANS = """
current: flat
plans:
  - {id: flat, price: "99", charges: []}
  - {id: starter, price: "99", charges: [], limits: {total: 1000000}}
  - {id: growth, price: "299", charges: [], limits: {total: 5000000}}
  - {id: scale, price: "999", included: {total: 20000000}, charges: [{meter: total, model: per_unit, unit_price: "0.00006"}]}
"""


def tiers(workshop: Workshop) -> list[Finding]:
    """`tiers simulate`: 100,000 customers (a tenth of the lines) over twelve months on three plans and today's."""
    count = workshop.lines // 10
    plans = workshop.folder / "tiers.yaml"
    plans.write_text(_PLANS, "utf-8")

    def right(output: str) -> None:
        assert f"{count:,} customers, 12 months" in output, output

    command = workshop.llmcost("tiers", "simulate", str(plans), "--db", str(workshop.customers(count)))
    return _timed(workshop, "tiers", f"{count:,} customers", command, right, goal=10)


def check(workshop: Workshop) -> list[Finding]:
    """`check`: 50 budgets and 20 alert rules over a large ledger."""
    ledger = workshop.ledger(workshop.log("litellm", workshop.lines))
    config = workshop.folder / "check.yaml"
    config.write_text(_checked(ledger), "utf-8")

    def right(output: str) -> None:
        document = json.loads(output)
        assert len(document["budgets"]) >= 50, f"{len(document['budgets'])} budgets judged, not 50"
        assert len(document["alerts"]) >= 20, f"{len(document['alerts'])} alerts judged, not 20"

    command = workshop.llmcost("check", "--config", str(config), "--as-of", _LATE, "--format", "json")
    return _timed(workshop, "check", "50 budgets, 20 alert rules", command, right, goal=5, codes=(0, 1, 3))


def outliers(workshop: Workshop) -> list[Finding]:
    """`outliers`: every detector over a large ledger."""
    ledger = workshop.ledger(workshop.log("litellm", workshop.lines))

    def right(output: str) -> None:
        document = json.loads(output)
        assert document["schema"] == "llmcost/outliers/1", document["schema"]

    command = workshop.llmcost("outliers", "--as-of", _LATE, "--format", "json", "--db", str(ledger))
    return _timed(workshop, "outliers", "all detectors", command, right, goal=10)


def dashboards(workshop: Workshop) -> list[Finding]:
    """`dashboard`: each of them over a large ledger."""
    ledger = workshop.ledger(workshop.log("litellm", workshop.lines))

    def right(output: str) -> None:
        document = json.loads(output)
        assert len(document["panels"]) >= 7, f"{len(document['panels'])} panels"

    return [
        finding
        for name in ("exec", "engineering", "customers")
        for finding in _timed(
            workshop,
            "dashboards",
            name,
            workshop.llmcost("dashboard", name, "--format", "json", "--db", str(ledger)),
            right,
            goal=1.5,
        )
    ]


def named(workshop: Workshop) -> list[Finding]:
    """Every named report over a large ledger; what it takes on a ledger of 100 requests is start-up and taken off."""
    log = workshop.log("litellm", workshop.lines)
    large, small = workshop.ledger(log), workshop.ledger(workshop.log("litellm", 100))
    requests = workshop.facts(log).requests
    listed = subprocess.run(
        workshop.llmcost("report", "--list", "--format", "json"),
        check=True,
        capture_output=True,
        env=workshop.environment,
    )
    findings = []
    for name in (entry["name"] for entry in json.loads(listed.stdout)["reports"]):

        def right(output: str, wanted: int = 0 if name == "unpriced" else requests) -> None:
            seen = json.loads(output)["coverage"]["requests"]
            assert seen == wanted, f"{seen} requests, not {wanted}"

        contenders = [
            Contender(
                name=which,
                command=workshop.llmcost("report", name, "--format", "json", "--db", str(ledger)),
                check=check,
            )
            for which, ledger, check in (("large", large, right), ("small", small, _anything))
        ]
        series = interleaved(contenders, workshop.rounds, workshop.environment)
        start_up = series["small"].median("wall")
        findings.append(
            Finding(
                case="named",
                what=f"{name}, less start-up",
                unit="s",
                ours=tuple(series["large"].values("wall")),
                floor=tuple(series["small"].values("wall")),
                value=tuple(wall - start_up for wall in series["large"].values("wall")),
                goal=1,
                kind="s",
            )
        )
    return findings


def _anything(_: str) -> None:
    """Whatever a command prints is right."""


def _checked(ledger: Path) -> str:
    """A configuration with 50 budgets of all kinds and 20 alert rules."""
    budgets = [
        *(f"{{name: model-{number}, where: ['model~{number}'], period: month, amount: '900'}}" for number in range(10)),
        *(f"{{name: week-{number}, where: ['feature~{number}'], period: week, amount: '90'}}" for number in range(10)),
        *(f"{{name: day-{number}, where: ['team~{number}'], period: day, amount: '9'}}" for number in range(10)),
        *(
            f"{{name: tokens-{number}, where: ['environment!=e{number}'], period: month, amount: '9000000000', unit: tokens}}"
            for number in range(10)
        ),
        *(f"{{name: rolling-{days}, period: {days}d, amount: '9000'}}" for days in range(1, 9)),
        "{name: each-team, per: team, period: month, amount: '900', forecast_at: [100]}",
        "{name: each-model, per: model, period: month, amount: '900', warn_at: [50, 80]}",
    ]
    alerts = [
        *(f"{{rule: daily-spend, name: spend-{number}, above: '{number}00'}}" for number in range(1, 5)),
        *(f"{{rule: error-rate, name: errors-{hours}, above: 5%, window: {hours}h}}" for hours in (1, 6, 12, 24)),
        *(f"{{rule: p95-latency, name: slow-{hours}, above: 5s, window: {hours}h}}" for hours in (1, 6, 12, 24)),
        *(f"{{rule: week-over-week, name: rise-{by}, above: 30%, per: {by}}}" for by in ("team", "model", "feature")),
        *(f"{{rule: cache-hit-rate, name: cache-{by}, below: 50%, per: {by}}}" for by in ("model", "feature")),
        "{rule: user-daily-spend, above: '50'}",
        "{rule: rate-limit, limit: {'*': 1000}}",
        "{rule: monthly-budget}",
    ]
    lists = "".join(
        f"{key}:\n" + "".join(f"  - {entry}\n" for entry in entries)
        for key, entries in (("budgets", budgets), ("alerts", alerts))
    )
    return f"db: {ledger}\n{lists}"


def _timed(
    workshop: Workshop,
    case: str,
    what: str,
    command: Sequence[str],
    right: Callable[[str], None],
    *,
    goal: float,
    codes: Sequence[int] = (0,),
) -> list[Finding]:
    """Seconds and memory of a command; `goal` is on the wall clock."""
    contenders = [Contender(name="ours", command=list(command), check=right, codes=tuple(codes))]
    series = interleaved(contenders, workshop.rounds, workshop.environment)["ours"]
    return [
        Finding(
            case=case,
            what=f"{what}: {measure}",
            unit=unit,
            ours=tuple(series.values(key)),
            floor=(),
            value=tuple(series.values(key)),
            goal=limit,
            kind=unit,
        )
        for measure, unit, key, limit in (
            ("wall", "s", "wall", goal),
            ("CPU", "s", "cpu", None),
            ("peak RSS", "MB", "rss", _MEMORY_GOAL),
        )
    ]
