"""Run commands in turn, A B A B, each in a process of its own, and say what they took.

A shared machine is slow for minutes at a time; only what ran side by side can be compared. The ratio of a case is
therefore the median of the ratios of its rounds.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One command of a comparison."""

    name: str
    command: Sequence[str]
    prepare: Callable[[], None] = lambda: None
    """Done before each run, outside the clock."""
    check: Callable[[str], None] = lambda _output: None
    """Told what the command printed; raises AssertionError when it is wrong, so that no wrong answer is fast."""
    codes: Sequence[int] = (0,)
    """Exit codes that are an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of user and system time."""
    rss: float
    """Peak resident set, MB."""


@dataclass(slots=True, kw_only=True)
class Series:
    """The runs of one contender."""

    runs: list[Run] = field(default_factory=list)

    def median(self, what: str) -> float:
        """Median of `wall`, `cpu` or `rss`."""
        return statistics.median(self.values(what))

    def values(self, what: str) -> list[float]:
        """Every run's `wall`, `cpu` or `rss`, in order."""
        return [getattr(run, what) for run in self.runs]


def interleaved(contenders: Sequence[Contender], rounds: int, environment: Mapping[str, str]) -> dict[str, Series]:
    """Run every contender once a round; who goes first changes from round to round."""
    series = {contender.name: Series() for contender in contenders}
    for number in range(rounds):
        order = contenders if number % 2 == 0 else list(reversed(contenders))
        for contender in order:
            series[contender.name].runs.append(run(contender, environment))
    return series


def run(contender: Contender, environment: Mapping[str, str]) -> Run:
    """Run one contender once and check what it printed."""
    contender.prepare()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            list(contender.command), stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=dict(environment)
        )
        # Unlike the sum over all children, this is the one child's own time and memory.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode not in contender.codes:
            raise SystemExit(
                f"{contender.name} failed with exit code {process.returncode}:\n{errors.read().decode()[-2000:]}"
            )
        contender.check(output.read().decode())
    bytes_per_unit = 1 if sys.platform == "darwin" else 1024
    return Run(wall=wall, cpu=usage.ru_utime + usage.ru_stime, rss=usage.ru_maxrss * bytes_per_unit / 1e6)


def ratios(ours: Series, floor: Series, what: str) -> list[float]:
    """Ours over the floor, round by round."""
    return [ours_ / floor_ for ours_, floor_ in zip(ours.values(what), floor.values(what), strict=True)]
