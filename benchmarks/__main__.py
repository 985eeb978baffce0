"""Measure llmcost against the floor of what it does: `python -m benchmarks` in the root of the repository."""

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.finding import Finding
from benchmarks.workshop import CACHE, Workshop

_QUICK_LINES = 50_000


def main() -> int:
    """Run the chosen cases; 1 when a goal was missed. A quick run is not judged: start-up outweighs the work."""
    arguments = _arguments()
    if arguments.clean:
        shutil.rmtree(CACHE, ignore_errors=True)
        print(f"removed {CACHE}")
        return 0
    names = arguments.only or [name for name in CASES if name != "huge" or arguments.huge]
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory(prefix="llmcost-bench-", dir=arguments.dir) as folder:
        workshop = Workshop(
            folder=Path(folder),
            cache=CACHE,
            rounds=1 if arguments.quick else arguments.rounds,
            lines=_QUICK_LINES if arguments.quick else arguments.lines,
        )
        judge = not arguments.quick
        print(_where(workshop))
        for name in names:
            load = os.getloadavg()[0]
            found = CASES[name](workshop)
            findings += found
            print(f"\n{name}: {CASES[name].__doc__}  (load {load:.1f})")
            print(_table(found, judge=judge), flush=True)
    if arguments.json is not None:
        document = {
            "rounds": workshop.rounds,
            "lines": workshop.lines,
            "where": _where(workshop),
            "findings": [asdict(finding) | {"met": _met(finding) if judge else None} for finding in findings],
        }
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    return int(judge and any(_met(finding) is False for finding in findings))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds of each case (default: %(default)s)")
    parser.add_argument("--lines", type=int, default=1_000_000, help="lines of the large logs (default: %(default)s)")
    parser.add_argument(
        "--quick", action="store_true", help=f"one round of {_QUICK_LINES:,} lines: does it run, is it right"
    )
    parser.add_argument("--only", action="append", choices=list(CASES), help="just this case; may be repeated")
    parser.add_argument("--huge", action="store_true", help="also read a log of 5 GB, generated and deleted again")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run there as well")
    parser.add_argument(
        "--dir", type=Path, metavar="FOLDER", help="where ledgers are made (default: the temporary folder)"
    )
    parser.add_argument("--clean", action="store_true", help="remove the generated logs and stop")
    return parser.parse_args()


def _where(workshop: Workshop) -> str:
    from importlib.metadata import version

    return (
        f"{workshop.lines:,} lines, {workshop.rounds} interleaved rounds; {os.cpu_count()} CPUs, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}, duckdb {version('duckdb')}"
    )


def _table(findings: Sequence[Finding], *, judge: bool) -> str:
    rows = [("what", "llmcost", "floor", "median (min-max)", "goal", "")]
    for finding in findings:
        met = _met(finding) if judge else None
        rows.append(
            (
                finding.what,
                _amount(finding.ours, finding.unit),
                _amount(finding.floor, finding.unit),
                _spread(finding.value, finding.kind),
                "" if finding.goal is None or not judge else f"<= {finding.goal:g}{_suffix(finding.kind)}",
                "" if met is None else ("pass" if met else "MISS"),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _met(finding: Finding) -> bool | None:
    return None if finding.goal is None else statistics.median(finding.value) <= finding.goal


def _amount(values: Sequence[float], unit: str) -> str:
    return f"{_number(statistics.median(values))} {unit}" if values else "-"


def _spread(values: Sequence[float], kind: str) -> str:
    if not values:
        return "-"
    suffix = _suffix(kind)
    return f"{_number(statistics.median(values))}{suffix} ({_number(min(values))}-{_number(max(values))})"


def _suffix(kind: str) -> str:
    return "x" if kind == "x" else f" {kind}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())
