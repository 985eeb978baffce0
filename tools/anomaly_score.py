"""Score `spend-anomaly`'s arithmetic on labelled public series, by the rules of the Numenta Anomaly Benchmark.

The series are those of the Turing Change Point Dataset that the package river carries, each marked by several people:

    pip download --no-deps river==0.26.1
    python -m tools.anomaly_score river-*.whl

Rules of the standard profile, as published (A. Lavin and S. Ahmad, "Evaluating Real-time Anomaly Detection Algorithms",
2015, https://arxiv.org/abs/1510.03336): around each label a window; windows together are a tenth of a series. The first
detection in a window earns up to 1, less the later it is; one outside costs up to 0.11, less the closer it follows a window;
a window without any costs 1. The first 15 % of a series are not judged. 0 is silence, 100 perfection.
"""

import ast
import csv
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from math import exp
from statistics import fmean, pstdev

from llmcost.stats.anomalies import unusual

_FALSE, _MISSED = 0.11, 1.0
_PROBATION = 0.15
_MARGIN = 5
"""Places two people's marks may differ by and mean the same; as the data set's own evaluation has it."""
_EVERY = {"apple": 3, "brent_crude_oil": 10}
"""People were shown every third, every tenth value; of Brent those from 2000 on."""
_VALUES = {
    "airline_passengers": "Total Passengers",
    "apple": "Close",
    "bitcoin": "price",
    "brent_crude_oil": "DPB",
    "occupancy": "V3",
    "run_log": "Pace",
    "uk_coal_employment": "Employment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A series and where half of those who looked at it saw a change."""

    name: str
    values: list[float]
    labels: list[int]


def labelled(wheel: str) -> list[Labelled]:
    """The series of a river wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return [_labelled(archive, name, column) for name, column in _VALUES.items()]


def _labelled(archive: zipfile.ZipFile, name: str, column: str) -> Labelled:
    folder = f"river/drift/datasets/{name}"
    rows = csv.DictReader(StringIO(archive.read(f"{folder}.csv").decode()))
    chosen = [row for row in rows if row[column] and (name != "brent_crude_oil" or int(row["day"][-4:]) >= 2000)]
    values = [float(row[column]) for row in chosen][:: _EVERY.get(name, 1)]
    (marks,) = [
        ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(archive.read(f"{folder}.py")))
        if isinstance(node, ast.keyword) and node.arg == "annotations"
    ]
    return Labelled(name=name, values=values, labels=_agreed([*marks.values()], len(values)))


def _agreed(marks: Sequence[Sequence[int]], count: int) -> list[int]:
    """Places that half of the people mark, give or take the margin; marks close together are one."""
    found: list[int] = []
    for place in sorted({mark for one in marks for mark in one}):
        voices = sum(any(abs(mark - place) <= _MARGIN for mark in one) for one in marks)
        if 2 * voices >= len(marks) and place < count and (not found or place - found[-1] > _MARGIN):
            found.append(place)
    return found


def score(found: Iterable[int], labels: Sequence[int], count: int) -> tuple[float, float, float]:
    """What detections earn, what silence does, and what perfection would."""
    start = int(min(_PROBATION * count, 750))
    width = max(int(0.1 * count / max(len(labels), 1)), 2)
    windows = [(max(place - width // 2, 0), min(place + width // 2, count - 1)) for place in labels]
    windows = [window for window in windows if window[1] >= start]
    first: dict[tuple[int, int], float] = {}
    total = 0.0
    for place in sorted(set(found)):
        if place < start:
            continue
        inside = next((one for one in windows if one[0] <= place <= one[1]), None)
        if inside is not None:
            first.setdefault(inside, _sigmoid(-(inside[1] - place + 1) / (inside[1] - inside[0] + 1)) / _sigmoid(-1))
            continue
        past = max((one for one in windows if one[1] < place), default=None)
        after = -1.0 if past is None else _sigmoid((place - past[1]) / max(past[1] - past[0], 1))
        total += _FALSE * after
    total += sum(first.values()) - _MISSED * (len(windows) - len(first))
    return total, -_MISSED * len(windows), float(len(windows))


def _sigmoid(position: float) -> float:
    """1 well before the end of a window, 0 at it, -1 well after."""
    return -1.0 if position > 3 else 2 / (1 + exp(5 * position)) - 1


def spend_anomaly(values: Sequence[float]) -> list[int]:
    """Unusual values, upwards as the detector looks, and downwards as labels also mean."""
    mirror = max(values) + min(values)
    return sorted({*unusual(values), *unusual([mirror - value for value in values])})


def upwards(values: Sequence[float]) -> list[int]:
    """Unusual values as the detector names them: the first of each run."""
    return _first(unusual(values))


def both_ways(values: Sequence[float]) -> list[int]:
    """The same, and what is unusually low."""
    return _first(spend_anomaly(values))


def gaussian(values: Sequence[float]) -> list[int]:
    """The simple rival: beyond four standard deviations of the last hundred values."""
    found = []
    for place in range(20, len(values)):
        past = values[max(0, place - 100) : place]
        spread = pstdev(past)
        if spread and abs(values[place] - fmean(past)) > 4 * spread:
            found.append(place)
    return _first(found)


def _first(places: Iterable[int]) -> list[int]:
    known = sorted(places)
    return [place for number, place in enumerate(known) if number == 0 or place - known[number - 1] > 1]


def main() -> None:
    """Write the scores as a Markdown table."""
    series = labelled(sys.argv[1])
    ways = {"spend-anomaly": upwards, "both ways": both_ways, "windowed Gaussian": gaussian}
    print(f"| Series | Values | Labels | {' | '.join(ways)} |")
    print(f"|{' --- |' * (3 + len(ways))}")
    sums = {name: [0.0, 0.0, 0.0] for name in ways}
    for one in series:
        cells = []
        for name, way in ways.items():
            earned = score(way(one.values), one.labels, len(one.values))
            sums[name] = [total + part for total, part in zip(sums[name], earned, strict=True)]
            cells.append(_percent(earned))
        print(f"| {one.name} | {len(one.values)} | {len(one.labels)} | {' | '.join(cells)} |")
    print(f"| all | | | {' | '.join(_percent(total) for total in sums.values())} |")


def _percent(earned: Sequence[float]) -> str:
    total, silence, perfect = earned
    return f"{100 * (total - silence) / (perfect - silence):.1f}" if perfect > silence else "no label"


if __name__ == "__main__":
    main()
