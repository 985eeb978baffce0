"""Values that are far above what values like them were before.

Expected is the median of the same place in the four seasons before, or of the last two seasons where those are fewer than
three. What spread is usual is told by how far earlier values were from their own past (MAD). Only what came before a value
is looked at, so that a series may be judged as it comes in.
"""

from collections.abc import Sequence
from statistics import median

from llmcost.stats.robust import robust_z

_SEASONS = 4
_FEWEST = 3
_LEAST_SCALE = 0.05


def unusual(
    values: Sequence[float], *, season: int = 7, z: float = 5.0, rise: float = 0.25, least: float = 0.0
) -> dict[int, float]:
    """Places of the unusual values, each with what was expected there.

    Unusual is more than `z` robust standard deviations above the expected (of at least a twentieth of it), and by at least
    `least` and the share `rise` of it. The first two seasons are never unusual.
    """
    off = [value - _before(values, place, season) if place >= season else 0.0 for place, value in enumerate(values)]
    found = {}
    for place in range(2 * season, len(values)):
        expected = _expected(values, place, season)
        more = values[place] - expected
        if more < least or more < rise * abs(expected):
            continue
        # How far the same places were off; four values are too few to tell.
        usual = [0.0, *off[max(season, place - _SEASONS * season) : place]]
        if robust_z(more, usual, least_scale=max(_LEAST_SCALE * abs(expected), 1e-9)) > z:
            found[place] = expected
    return found


def _expected(values: Sequence[float], place: int, season: int) -> float:
    alike = [values[place - season * back] for back in range(1, _SEASONS + 1) if place >= season * back]
    return float(median(alike if len(alike) >= _FEWEST else values[place - 2 * season : place]))


def _before(values: Sequence[float], place: int, season: int) -> float:
    return float(median(values[place - season * back] for back in (1, 2) if place >= season * back))
