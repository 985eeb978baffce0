"""A price list as a table, JSON, CSV or Markdown."""

import csv as standard
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.pricing.listing import Listed
from llmcost.pricing.price_list import FEE_UNITS, PriceList
from llmcost.render.cells import Grid
from llmcost.render.csv import safe
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.json import dumped
from llmcost.render.markdown import escape, grid_table
from llmcost.render.numbers import UNKNOWN, plain
from llmcost.render.surface import Surface
from llmcost.reports.record import Column

Format = Literal["table", "json", "csv", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)

_RATES = {"input": "Input", "cache_read": "Cache read", "cache_write_5m": "Cache write", "output": "Output"}
_EXPENDABLE = ("since", "also", "checked", "layer", "source")
"""Columns a narrow terminal goes without, the last first."""
_FEES = {
    "request": "1k requests",
    "web_search": "1k web searches",
    "file_search": "1k file searches",
    "map_search": "1k map searches",
    "rerank_search": "1k rerank searches",
    "image": "1k images",
    "page": "1k pages",
    "character": "1M characters",
    "audio_hour": "hour of audio",
    "video_second": "second of video",
    "code_session": "code session",
}


def listing(entries: Sequence[Listed], prices: PriceList, format_name: Format, surface: Surface) -> str:
    """The models listed, in one of FORMATS."""
    if format_name == "json":
        shape = {
            "schema": "llmcost/prices/1",
            "currency": prices.currency,
            "as_of": prices.as_of,
            "models": [_machine(one) for one in entries],
        }
        return f"{dumped(shape)}\n"
    if format_name == "csv":
        return _csv(entries, prices)
    cells = _grid(entries)
    note = (
        f"{prices.currency} per million tokens, as published; {plural(len(entries), 'model')} of the price list as of "
        f"{prices.as_of}."
    )
    if format_name == "markdown":
        return f"{grid_table(cells)}\n\n{escape(note)}\n"
    lines = [note] if surface.width is None else wrapped(note, surface.width)
    return "\n".join([drawn(cells, surface, _EXPENDABLE), "", *lines]) + "\n"


def _grid(entries: Sequence[Listed]) -> Grid:
    columns = (
        Column(name="model", title="Model", kind="text", role="key"),
        *(Column(name=name, title=title, kind="money", role="metric") for name, title in _RATES.items()),
        Column(name="since", title="Since", kind="text", role="metric"),
        Column(name="also", title="Also", kind="text", role="key"),
        Column(name="checked", title="Checked", kind="text", role="metric"),
        Column(name="layer", title="Layer", kind="text", role="key"),
        Column(name="source", title="Source", kind="text", role="key"),
    )
    return Grid(
        columns=columns,
        headings=tuple(column.title for column in columns),
        rows=tuple(
            (
                printable(one.model.id),
                *(_rate(one.rates.get(unit)) for unit in _RATES),
                UNKNOWN if one.price is None or one.price.since is None else moment(one.price.since)[:10],
                _also(one),
                one.checked or UNKNOWN,
                printable(one.model.layer),
                UNKNOWN if one.url is None else printable(one.url),
            )
            for one in entries
        ),
        totals=None,
    )


def moment(at: datetime) -> str:
    """A moment in UTC as text; midnight is the day alone."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ").removesuffix("T00:00:00Z")


def exact_moment(at: datetime) -> str:
    """A moment with the fraction of a second it has: `2026-11-10 08:00:00.25`."""
    text = f"{at:%Y-%m-%d %H:%M:%S.%f}".rstrip("0")
    return text.removesuffix(".")


def per_unit(unit: str, fee: Decimal) -> str:
    """A fee as it was published: `10.00/1k web searches`."""
    return f"{plain(fee)}/{_FEES.get(unit, f'{FEE_UNITS[unit]:,} {unit}')}"


def _rate(rate: Decimal | None) -> str:
    return UNKNOWN if rate is None else plain(rate)


def _also(one: Listed) -> str:
    if one.price is None:
        return "no price then"
    if one.price.free:
        return "free"
    words = [
        word for word, holds in (("tiers", one.has_tiers), ("batch", one.has_batch), ("clock", one.has_clock)) if holds
    ]
    if not one.rates:
        words += [per_unit(unit, fee) for unit, fee in one.price.fees.items()]
    return ", ".join(words)


def _machine(one: Listed) -> dict[str, Any]:
    price = one.price
    return {
        "id": one.model.id,
        "provider": one.model.provider,
        "priced": price is not None,
        "free": price is not None and price.free,
        "rates": {unit: plain(rate) for unit, rate in one.rates.items()},
        "fees": {} if price is None else {unit: plain(fee) for unit, fee in price.fees.items()},
        "tiers": one.has_tiers,
        "batch": one.has_batch,
        "since": None if price is None or price.since is None else moment(price.since),
        "source": one.url,
        "checked": one.checked,
        "layer": one.model.layer,
    }


def _csv(entries: Sequence[Listed], prices: PriceList) -> str:
    target = io.StringIO(newline="")
    writer = standard.writer(target)
    units = list(dict.fromkeys(unit for one in entries for unit in one.rates))
    fees = [unit for unit in FEE_UNITS if any(one.price is not None and unit in one.price.fees for one in entries)]
    writer.writerow(
        [
            "id",
            "provider",
            "currency",
            *units,
            *fees,
            *("free", "tiers", "batch", "since", "source", "checked", "layer"),
        ]
    )
    for one in entries:
        row = _machine(one)
        writer.writerow(
            [
                safe(row["id"]),
                safe(row["provider"]),
                prices.currency,
                *(row["rates"].get(unit, "") for unit in units),
                *(row["fees"].get(unit, "") for unit in fees),
                *(str(row[key]).lower() for key in ("free", "tiers", "batch")),
                *(safe(row[key] or "") for key in ("since", "source", "checked", "layer")),
            ]
        )
    return target.getvalue()
