"""How often the interval of a forecast holds what really came, on daily series that were not made for it."""

import csv
from pathlib import Path
from statistics import fmean

import pytest

from llmcost.stats.backtest import forecast

SERIES = Path(__file__).with_name("series") / "nyc_departures_2013.csv"


def series() -> dict[str, list[float]]:
    """Name -> one amount a day, a whole year."""
    with SERIES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0] if name != "day"}


def holds(past: list[float], to_come: list[float]) -> bool:
    found = forecast(past, 0, len(to_come))
    assert found is not None
    return abs(sum(to_come) - found.total) <= found.margin


def test_there_are_enough_series_of_enough_days():
    assert len(series()) == 40
    assert {len(days) for days in series().values()} == {365}


@pytest.mark.slow
@pytest.mark.parametrize("length", [1, 7, 14, 30])
def test_four_in_five_intervals_hold_what_came(length):
    """Forecasts from every tenth day on; docs/how-to/forecast.md tells the shares."""
    held = [
        holds(days[:origin], days[origin : origin + length])
        for days in series().values()
        for origin in range(60, 365 - length, 10)
    ]

    print(f"{length} days: {fmean(held):.1%} of {len(held)}")  # the figures the documentation tells
    assert 0.7 <= fmean(held) <= 0.9
