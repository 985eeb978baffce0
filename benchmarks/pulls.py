"""Pulling from a gateway's API: how fast, and how much memory."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.finding import Finding
from benchmarks.measure import Contender, interleaved
from benchmarks.workshop import HERE, Workshop

_ROWS_A_SECOND = 5000
_MORE_MEMORY = 150
"""MB that four times the rows may take more."""


def pull(workshop: Workshop) -> list[Finding]:
    """`ingest --from litellm` of a tenth of the lines from a proxy on this machine, and of a quarter of those."""
    many, few = workshop.lines // 10, workshop.lines // 40
    with _proxy(workshop.log("litellm", many)) as all_of_it, _proxy(workshop.log("litellm", few)) as a_quarter:
        contenders = [_pulling(workshop, "many", many, all_of_it), _pulling(workshop, "few", few, a_quarter)]
        environment = {**workshop.environment, "LITELLM_API_KEY": "sk-of-a-benchmark"}
        series = interleaved(contenders, workshop.rounds, environment)
    rss = [(a, b) for a, b in zip(series["many"].values("rss"), series["few"].values("rss"), strict=True)]
    return [
        Finding(
            case="pull",
            what=f"{many:,} rows",
            unit="s",
            ours=tuple(series["many"].values("wall")),
            floor=(),
            value=tuple(series["many"].values("wall")),
            goal=many / _ROWS_A_SECOND,
            kind="s",
        ),
        Finding(
            case="pull",
            what="CPU",
            unit="s",
            ours=tuple(series["many"].values("cpu")),
            floor=(),
            value=(),
            goal=None,
        ),
        Finding(
            case="pull",
            what=f"peak RSS over that of {few:,} rows",
            unit="MB",
            ours=tuple(a for a, _ in rss),
            floor=tuple(b for _, b in rss),
            value=tuple(a - b for a, b in rss),
            goal=_MORE_MEMORY,
            kind="MB",
        ),
    ]


def _pulling(workshop: Workshop, name: str, lines: int, url: str) -> Contender:
    facts = workshop.facts(workshop.log("litellm", lines))
    target = workshop.folder / f"pulled-{name}.duckdb"

    def check(output: str) -> None:
        found = json.loads(output)["totals"]["new"]
        assert found == facts.requests, f"{name}: {found} requests, not {facts.requests}"
        workshop.discard(target)

    command = workshop.llmcost("ingest", "--from", "litellm", "--url", url, "--since", _FIRST, "--until", _LAST)
    command += ["--db", str(target), "--format", "json", "--quiet"]
    return Contender(name=name, command=command, prepare=lambda: workshop.discard(target), check=check)


@contextmanager
def _proxy(log: Path) -> Iterator[str]:
    """The address of a proxy that gives out a log."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "proxy.py"), str(log)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


_FIRST, _LAST = "2026-10-01", "2026-11-01"
"""Around the time of every generated log."""
