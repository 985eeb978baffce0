"""One model of the price list: its names and every dated price, as text, JSON or Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, get_args

from llmcost.domain.text import plural
from llmcost.pricing.price_list import TOKEN_UNITS, WEEK, Alias, Model, Price, PriceList, Tier, When
from llmcost.pricing.provenance import bound_words
from llmcost.pricing.units import GAPS
from llmcost.render.cells import Grid
from llmcost.render.json import dumped
from llmcost.render.numbers import UNKNOWN, plain
from llmcost.render.page import Fact, Heading, Page, Part, Table, as_markdown, as_text
from llmcost.render.prices import moment, per_unit
from llmcost.render.surface import Surface
from llmcost.reports.record import Column

Format = Literal["table", "json", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = WEEK // 7


def model_page(model: Model, prices: PriceList, format_name: Format, surface: Surface) -> str:
    """Everything the price list says of a model, in one of FORMATS."""
    aliases = [alias for alias in prices.aliases if alias.to == model.id]
    if format_name == "json":
        return f"{dumped(_document(model, prices, aliases))}\n"
    page = _page(model, prices, aliases)
    return as_markdown(page) if format_name == "markdown" else as_text(page, surface)


def _page(model: Model, prices: PriceList, aliases: Sequence[Alias]) -> Page:
    names = ", ".join(model.names) + (", each also followed by a date" if model.dated else "")
    parts: list[Part] = [
        Heading(text=model.id),
        Fact(label="Provider", text=model.provider),
        Fact(label="Names", text=names),
        *(Fact(label="Alias", text=_alias(alias)) for alias in aliases),
        Fact(label="Layer", text=model.layer),
        Fact(
            label="Prices",
            text=f"{plural(len(model.prices), 'entry', 'entries')}, {prices.currency} per million tokens",
        ),
    ]
    for price in reversed(model.prices):
        parts.append(Heading(text=_span(price)))
        rows = list(_rows(price))
        if any(rates for _, rates in rows):
            parts.append(Table(cells=_grid(rows)))
        parts += [Fact(label=label, text=text) for label, text in _facts(price, prices)]
    return tuple(parts)


def _alias(alias: Alias) -> str:
    since = "" if alias.since is None else f" from {moment(alias.since)}"
    until = "" if alias.until is None else f" until {moment(alias.until)}"
    kind = ", a deployment" if alias.deployment else ""
    return f"{alias.name}{since}{until}{kind}"


def _span(price: Price) -> str:
    since = "From the beginning" if price.since is None else f"From {moment(price.since)}"
    return since if price.until is None else f"{since} until {moment(price.until)}"


def _rows(price: Price) -> Iterator[tuple[str, Mapping[str, Decimal]]]:
    """Rates by the terms they hold under."""
    for name, tiers in (("standard", price.tiers), *((one.label, one.tiers) for one in price.variants)):
        for tier in tiers:
            yield name if not tier.start else f"{name}, prompt {bound_words(tier.label)}", tier.rates


def _grid(rows: Sequence[tuple[str, Mapping[str, Decimal]]]) -> Grid:
    units = [unit for unit in TOKEN_UNITS if any(unit in rates for _, rates in rows)]
    columns = (
        Column(name="terms", title="Terms", kind="text", role="key"),
        *(Column(name=unit, title=GAPS[unit].capitalize(), kind="money", role="metric") for unit in units),
    )
    return Grid(
        columns=columns,
        headings=tuple(column.title for column in columns),
        rows=tuple(
            (name, *(plain(rates[unit]) if unit in rates else UNKNOWN for unit in units))
            for name, rates in rows
            if rates
        ),
        totals=None,
    )


def _facts(price: Price, prices: PriceList) -> Iterator[tuple[str, str]]:
    if price.free:
        yield "Free", "costs nothing"
    if price.fees:
        yield "Fees", ", ".join(per_unit(unit, fee) for unit, fee in price.fees.items())
    for variant in price.variants:
        if variant.fees:
            fees = ", ".join(per_unit(unit, fee) for unit, fee in variant.fees.items())
            yield "Fees", f"{fees} when {_condition(variant.when)}"
    if price.minimums:
        least = ", ".join(f"{amount.normalize():f} {name.replace('_', ' ')}" for name, amount in price.minimums.items())
        yield "Minimum", f"{least} a call"
    for one in price.multipliers:
        yield "Factor", f"{one.factor.normalize():f} on token rates when {_condition(one.when)}"
    for variant in price.variants:
        yield "Variant", f"{variant.label} when {_condition(variant.when)}"
    if price.source is not None:
        checked = prices.checked.get(price.source)
        yield "Source", prices.sources.get(price.source, price.source) + (f", checked {checked}" if checked else "")


def _condition(when: When) -> str:
    words = [f"{key} is {' or '.join(sorted(accepted))}" for key, accepted in when.values.items()]
    if when.clock is not None:
        words.append(f"it is {'; '.join(clock_words(when.clock))} UTC")
    return " and ".join(words)


def clock_words(spans: Sequence[tuple[int, int]]) -> list[str]:
    """Minutes of the week by day, days with the same hours together: `Mon-Fri 01:00-04:00, 06:00-10:00`."""
    hours = []
    for day in range(7):
        start, end = day * _DAY, (day + 1) * _DAY
        held = [(max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and start < b]
        hours.append(", ".join(f"{_clock(a)}-{_clock(b)}" for a, b in held))
    words = []
    first = 0
    for day in range(1, 8):
        if day == 7 or hours[day] != hours[first]:
            if hours[first]:
                days = _DAYS[first] if day - first == 1 else f"{_DAYS[first]}-{_DAYS[day - 1]}"
                words.append(f"{days} {hours[first]}")
            first = day
    return words


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _document(model: Model, prices: PriceList, aliases: Sequence[Alias]) -> dict[str, Any]:
    return {
        "schema": "llmcost/price/1",
        "id": model.id,
        "provider": model.provider,
        "currency": prices.currency,
        "names": list(model.names),
        "dated": model.dated,
        "aliases": [
            {
                "name": alias.name,
                "from": None if alias.since is None else moment(alias.since),
                "until": None if alias.until is None else moment(alias.until),
                "deployment": alias.deployment,
            }
            for alias in aliases
        ],
        "layer": model.layer,
        "place": model.place,
        "prices": [_price(price, prices) for price in model.prices],
    }


def _price(price: Price, prices: PriceList) -> dict[str, Any]:
    source = price.source
    return {
        "from": None if price.since is None else moment(price.since),
        "until": None if price.until is None else moment(price.until),
        "source": None if source is None else prices.sources.get(source),
        "checked": None if source is None else prices.checked.get(source),
        "free": price.free,
        "tiers": _tiers(price.tiers),
        "fees": _amounts(price.fees),
        "minimums": {name: f"{amount.normalize():f}" for name, amount in price.minimums.items()},
        "variants": [
            {"name": one.label, "when": _when(one.when), "tiers": _tiers(one.tiers), "fees": _amounts(one.fees)}
            for one in price.variants
        ],
        "multipliers": [
            {"name": one.label, "when": _when(one.when), "factor": f"{one.factor.normalize():f}"}
            for one in price.multipliers
        ],
    }


def _tiers(tiers: Sequence[Tier]) -> list[dict[str, Any]]:
    return [{"prompt_from": tier.start, "rates": _amounts(tier.rates)} for tier in tiers]


def _when(when: When) -> dict[str, list[str]]:
    shape = {key: sorted(accepted) for key, accepted in when.values.items()}
    return shape if when.clock is None else {**shape, "clock": clock_words(when.clock)}


def _amounts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {unit: plain(amount) for unit, amount in amounts.items()}
