"""Write what statsmodels and scipy say of some made-up series; tests hold our own arithmetic against it.

They are too heavy for the development environment. In one of their own:

    python -m venv reference && reference/bin/pip install statsmodels==0.14.5 scipy==1.17.1 'pandas<3'
    reference/bin/python tools/reference_statistics.py > tests/stats/reference.json
"""

import json
import sys
from random import Random
from typing import Any

WEEK = 7


def series(rng: Random, length: int, *, step: float = 0.0) -> list[float]:
    """Positive days with a weekly pattern, a trend, noise, and perhaps another level from the middle on."""
    week = [rng.uniform(50, 150) for _ in range(WEEK)]
    return [
        round(400 + week[day % WEEK] + 0.4 * day + rng.gauss(0, 12) + (step if day >= length // 2 else 0), 6)
        for day in range(length)
    ]


def smoothed(past: list[float], speed: float, days: int) -> list[float]:
    """A damped additive forecast by statsmodels; it begins after the first week, with what we begin with.

    Written with errors, as there, the weights of trend and season are ours times what the level takes of an error, and
    what it leaves (https://otexts.com/fpp3/ets.html). The model named ExponentialSmoothing is of no use here: it forecasts
    the seventh day without the last day's season.
    """
    import numpy as np
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    level = sum(past[:WEEK]) / WEEK
    model = ETSModel(
        np.array(past[WEEK:]),
        error="add",
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=WEEK,
        initialization_method="known",
        initial_level=level,
        initial_trend=(sum(past[WEEK : 2 * WEEK]) / WEEK - level) / WEEK,
        initial_seasonal=[amount - level for amount in past[:WEEK]],
    )
    values = {
        "smoothing_level": speed,
        "smoothing_trend": 0.05 * speed,
        "smoothing_seasonal": 0.1 * (1 - speed),
        "damping_trend": 0.95,
    }
    begin = dict(zip(model.param_names, model.start_params, strict=True))
    fit = model.smooth([values.get(name, begin[name]) for name in model.param_names])
    return [float(value) for value in fit.forecast(days)]


def pettitt(values: list[float]) -> dict[str, float]:
    """The change point by ranks: U(t) = 2 (R(1) + ... + R(t)) - t (n + 1), with scipy's ranks."""
    import numpy as np
    from scipy.stats import rankdata

    count = len(values)
    places = np.arange(1, count)
    scores = np.abs(2 * np.cumsum(rankdata(values))[:-1] - places * (count + 1))
    largest = float(scores.max())
    return {
        "at": int(places[scores.argmax()]),
        "p": min(1.0, 2 * float(np.exp(-6 * largest**2 / (count**3 + count**2)))),
    }


def main() -> None:
    """Write series and answers."""
    import scipy
    import statsmodels
    from scipy.stats import median_abs_deviation, theilslopes
    from statsmodels.robust.scale import mad

    rng = Random(2026)  # noqa: S311  reproducible on purpose
    cases: list[dict[str, Any]] = []
    for length, step in ((14, 0.0), (21, 0.0), (40, 260.0), (63, -150.0), (91, 90.0), (120, 0.0)):
        past = series(rng, length, step=step)
        centre = sorted(past[:-1])
        middle = (centre[(length - 2) // 2] + centre[(length - 1) // 2]) / 2
        cases.append(
            {
                "series": past,
                "holt_winters": {str(speed): smoothed(past, speed, 10) for speed in (0.1, 0.2, 0.4)},
                "mad": float(median_abs_deviation(past)),
                "z": (past[-1] - middle) / float(mad(past[:-1])),
                "theil_sen": float(theilslopes(past)[0]),
                "pettitt": pettitt(past),
            }
        )
    versions = {"statsmodels": statsmodels.__version__, "scipy": scipy.__version__}
    json.dump({"versions": versions, "cases": cases}, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
