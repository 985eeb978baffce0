"""Forecasts in every format: `llmcost/forecast/1`, tables for people, one line per row as CSV."""

import csv as standard
import io
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

from llmcost.domain.text import plural
from llmcost.render.cells import Grid
from llmcost.render.csv import safe
from llmcost.render.json import dumped
from llmcost.render.numbers import human, money, plain
from llmcost.render.page import Fact, Heading, Part, Table, as_markdown, as_text
from llmcost.render.surface import Surface
from llmcost.render.visible import UNATTRIBUTED, label
from llmcost.reports.forecast import Expected, ForecastReport, Peak
from llmcost.reports.growth import FLOOR, Growth
from llmcost.reports.record import Column
from llmcost.stats.backtest import COVERAGE, MIN_HISTORY

_PEAKS = 10
"""Models whose busiest minutes people are shown."""
_GROWTH = {"week": "Week over week", "four-weeks": "Four weeks over four", "month-to-date": "Month over month"}


def render_forecast(found: ForecastReport, format_name: str, surface: Surface) -> str:
    """The forecast in that format, ending in a line break."""
    match format_name:
        case "json":
            return dumped(document(found)) + "\n"
        case "csv":
            return _csv(found)
        case "markdown":
            return as_markdown(page(found))
        case _:
            return as_text(page(found), surface)


def document(found: ForecastReport) -> dict[str, Any]:
    """The document as plain values."""
    return {
        "schema": "llmcost/forecast/1",
        "as_of": found.now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "period": {
            "name": found.target,
            "since": found.first.isoformat(),
            "until": found.end.isoformat(),
            "tz": str(found.zone),
        },
        "currency": found.currency,
        "basis": found.basis,
        "interval": COVERAGE,
        "by": list(found.by),
        "total": _values(found.whole),
        "rows": [{**dict(zip(found.by, one.values, strict=True)), **_values(one)} for one in found.rows],
        "rows_left_out": found.hidden,
        "capacity": [
            {
                "model": one.model,
                "peak_requests_per_minute": one.requests,
                "peak_tokens_per_minute": one.tokens,
            }
            for one in found.capacity
        ],
        "coverage": {"requests": found.requests, "unpriced_requests": found.unpriced},
    }


def _values(one: Expected) -> dict[str, Any]:
    basis = one.basis
    return {
        "spent": plain(one.spent),
        "forecast": None if one.expected is None else plain(one.expected),
        "low": None if one.low is None else plain(one.low),
        "high": None if one.high is None else plain(one.high),
        "history_days": one.history,
        "method": None if basis is None else basis.method,
        "backtest": None
        if basis is None
        else {
            "error": None if basis.error is None else round(basis.error, 6),
            "coverage": None if basis.coverage is None else round(basis.coverage, 6),
            "origins": basis.origins,
            "days": basis.tested_days,
        },
        "growth": [
            {
                "window": change.name,
                "since": change.since.isoformat(),
                "until": change.until.isoformat(),
                "before_since": change.before_since.isoformat(),
                "before_until": change.before_until.isoformat(),
                "before": plain(change.before),
                "after": plain(change.after),
                "change": plain(change.change),
                "change_ratio": None if change.share is None else round(float(change.share), 6),
            }
            for change in one.growth
        ],
    }


def _csv(found: ForecastReport) -> str:
    target = io.StringIO(newline="")
    writer = standard.writer(target)
    columns = ("spent", "forecast", "low", "high", "history_days", "method")
    writer.writerow([*(safe(name) for name in found.by), *columns, "backtest_error", "backtest_coverage"])
    for one in found.rows if found.by else (found.whole,):
        values = _values(one)
        tried = values["backtest"] or {}
        writer.writerow(
            [
                *("" if value is None else safe(value) for value in one.values),
                *(_cell(values[name]) for name in columns),
                _cell(tried.get("error")),
                _cell(tried.get("coverage")),
            ]
        )
    return target.getvalue()


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def page(found: ForecastReport) -> tuple[Part, ...]:
    """What people read: the forecast, what it is worth, growth, the busiest minutes."""
    last = found.end - timedelta(days=1)
    parts: list[Part] = [Heading(text=f"Cost of {found.first:%Y-%m} as of {found.now:%Y-%m-%d %H:%M} {found.zone}")]
    whole = found.whole
    if whole.expected is not None and whole.low is not None and whole.high is not None:
        text = f"{money(whole.expected, found.currency)} by the end of {last}, "
        text += f"{_percent(COVERAGE)} likely between {money(whole.low, found.currency)} and {money(whole.high, found.currency)}"
        parts.append(Fact(label="forecast", text=text))
    else:
        text = f"none of the whole: {plural(whole.history, 'whole day')} of history, {MIN_HISTORY} are needed"
        parts.append(Fact(label="forecast", text=text))
    if found.target == "month":
        parts.append(Fact(label="so far", text=f"{money(whole.spent, found.currency)} since {found.first}"))
    parts.append(Fact(label="basis", text=_basis(whole)))
    if found.basis == "exports":
        parts.append(Fact(label="counted", text="usage exports, up to their end"))
    if found.unpriced:
        parts.append(
            Fact(
                label="unpriced",
                text=f"{found.unpriced:,} of {plural(found.requests, 'request')} of the last 28 days have no known price "
                "and are in no forecast",
            )
        )
    if found.by:
        parts.append(Table(cells=_grid(found), expendable=("error", "history", "method", "spent")))
        if found.hidden:
            parts.append(Heading(text=f"{plural(found.hidden, 'more row')} not shown; raise --top."))
        parts.append(
            Heading(text="Each row is forecast by itself, so rows need not add up to the forecast of the whole.")
        )
    if whole.growth:
        parts.append(
            Table(cells=_growth_grid(whole.growth, found.currency), expendable=("days", "since", "before_since"))
        )
    if found.capacity:
        parts.append(Table(cells=_capacity_grid(found.capacity[:_PEAKS])))
        text = "Busiest minutes of the last 28 days"
        left = len(found.capacity) - _PEAKS
        parts.append(Heading(text=f"{text}; {plural(left, 'more model')} not shown." if left > 0 else f"{text}."))
    return tuple(parts)


def _basis(one: Expected) -> str:
    basis = one.basis
    if basis is None:
        return "no method was tried"
    used = "" if basis.history == one.history else f"the last {basis.history:,} of "
    text = f"{basis.method}, the best of five on {used}{plural(one.history, 'day')} of history: "
    stretch = plural(basis.tested_days, "day")
    text += "no cost to be wrong about" if basis.error is None else f"off by {_percent(basis.error)} on average"
    text += f" over {plural(basis.origins, 'past forecast')} of {stretch}"
    if basis.coverage is not None:
        text += f"; the interval held {_percent(basis.coverage)} of them"
    else:
        text += "; too few to measure how often the interval holds"
    if basis.tested_days < basis.days:
        text += f", and is stretched from {stretch} to {basis.days}"
    return text


def _percent(share: float) -> str:
    return f"{share * 100:.0f}%" if share >= 0.1 else f"{share * 100:.1f}%"


def _grid(found: ForecastReport) -> Grid:
    columns = (
        *(Column(name=name, title=name, kind="text", role="key") for name in found.by),
        Column(name="spent", title="So far", kind="money", role="metric"),
        Column(name="forecast", title="Forecast", kind="money", role="metric"),
        Column(name="low", title="Low", kind="money", role="metric"),
        Column(name="high", title="High", kind="money", role="metric"),
        Column(name="method", title="Method", kind="text", role="key"),
        Column(name="error", title="Error", kind="percent", role="metric"),
        Column(name="history", title="History", kind="text", role="metric"),
    )
    rows = tuple(
        (
            *(UNATTRIBUTED if value is None else label(value) for value in one.values),
            _money(one.spent, found.currency),
            "too new" if one.expected is None else _money(one.expected, found.currency),
            _money(one.low, found.currency),
            _money(one.high, found.currency),
            "-" if one.basis is None else one.basis.method,
            "-" if one.basis is None or one.basis.error is None else _percent(one.basis.error),
            plural(one.history, "day"),
        )
        for one in found.rows
    )
    return Grid(columns=columns, headings=tuple(column.title for column in columns), rows=rows, totals=None)


def _growth_grid(changes: tuple[Growth, ...], currency: str) -> Grid:
    columns = (
        Column(name="growth", title="Growth", kind="text", role="key"),
        Column(name="before", title="Before", kind="money", role="metric"),
        Column(name="after", title="After", kind="money", role="metric"),
        Column(name="change", title="Change", kind="money", role="metric"),
        Column(name="share", title="%", kind="percent", role="metric"),
        Column(name="days", title="Days", kind="count", role="metric"),
        Column(name="since", title="From", kind="date", role="key"),
        Column(name="before_since", title="Against", kind="date", role="key"),
    )
    rows = tuple(
        (
            _GROWTH[one.name],
            _money(one.before, currency),
            _money(one.after, currency),
            human(one.change, "money", currency, signed=True, places=2),
            f"under {money(FLOOR, currency)}"
            if one.share is None
            else human(one.share, "percent", currency, signed=True),
            str((one.until - one.since).days),
            f"{one.since}",
            f"{one.before_since}",
        )
        for one in changes
    )
    return Grid(columns=columns, headings=tuple(column.title for column in columns), rows=rows, totals=None)


def _capacity_grid(peaks: tuple[Peak, ...]) -> Grid:
    columns = (
        Column(name="model", title="Model", kind="text", role="key"),
        Column(name="requests", title="Requests/min", kind="count", role="metric"),
        Column(name="tokens", title="Tokens/min", kind="tokens", role="metric"),
    )
    rows = tuple(
        (
            UNATTRIBUTED if one.model is None else label(one.model),
            human(one.requests, "count", "USD"),
            human(one.tokens, "tokens", "USD"),
        )
        for one in peaks
    )
    return Grid(columns=columns, headings=tuple(column.title for column in columns), rows=rows, totals=None)


def _money(amount: Decimal | None, currency: str) -> str:
    return human(amount, "money", currency, places=2)
