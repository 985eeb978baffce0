"""Everything doubtful in a price file at once: what keeps it from being used, and what nobody can have meant.

A rule has a code that does not change. Errors of reading come from the reader itself; the rules here compare numbers
that can all be read.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from llmcost.config.yaml import Document, Key, read_document
from llmcost.domain.errors import ConfigError
from llmcost.pricing.agreements import covers
from llmcost.pricing.findings import PriceFileError, PriceFinding, Severity
from llmcost.pricing.layers import below, merge
from llmcost.pricing.matching import match_model, nearest_names
from llmcost.pricing.price_file import PriceFile, price_file
from llmcost.pricing.price_list import TOKEN_UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from llmcost.pricing.price_list import PriceList
    from llmcost.pricing.price_values import Path_

_PLACE = re.compile(r":(?P<line>[0-9]+):(?P<column>[0-9]+): ")
_CACHE = ("cache_read", "cache_write_5m", "cache_write_1h")
_DEAREST_CACHE = 3
"""Times the input rate. A write for an hour is twice the input wherever it is published."""
_LARGEST_CHANGE = 10
"""Times the price before. Prices fell this much in no single step."""


def lint_price_file(path: Path) -> list[PriceFinding]:
    """Everything found in a price file as it lies over the built-in list, by place; ConfigError if it cannot be read."""
    found: list[PriceFinding] = []
    mistakes: list[ConfigError] = []
    document: Document | None = None
    try:
        document = read_document(path, mistakes=mistakes)
    except ConfigError as error:
        if not path.is_file():
            raise
        mistakes.append(error)
    found.extend(_parsing(mistake, path) for mistake in mistakes)
    if document is not None:
        try:
            file = price_file(document, path, layer="project", found=found)
        except PriceFileError as error:
            found.append(error.finding)
        except ConfigError as error:
            found.append(_parsing(error, path, "bad-value"))
        else:
            _models(file, found)
            found.extend(_rules(document))
    return sorted(set(found), key=lambda one: (one.line, one.column, one.code, one.message))


def _parsing(error: ConfigError, path: Path, code: str | None = None) -> PriceFinding:
    """A mistake that knows its place only in words: the YAML is broken, or the file does not fit those below it."""
    text = error.message.removeprefix(str(path))
    match = _PLACE.match(text)
    message = text[match.end() :] if match else text.removeprefix(": ")
    if code is None:
        code = "duplicate-key" if message.endswith("is written twice") else "broken-yaml"
    return PriceFinding(
        code=code,
        severity="error",
        path=str(path),
        line=int(match["line"]) if match else 1,
        column=int(match["column"]) if match else 1,
        message=message,
        hint=error.hint,
    )


def _models(file: PriceFile, found: list[PriceFinding]) -> None:
    """Build every model, and lay the file over the built-in list."""
    for id_, entry in file.entries.items():
        if entry.of is None and id_ not in file.hosted:
            try:
                file.model(id_)
            except PriceFileError as error:
                found.append(error.finding)
    found.extend(_alias_chains(file))
    if any(one.severity == "error" for one in found):
        # What is broken above would be found again as something that is missing.
        return
    try:
        prices = merge([*below(file.path), file])
    except PriceFileError as error:
        found.append(error.finding)
    except ConfigError as error:
        found.append(_parsing(error, file.path, "conflict"))
    else:
        found.extend(_terms_of_nothing(file.document, prices))


def _terms_of_nothing(document: Document, prices: PriceList) -> Iterator[PriceFinding]:
    """Agreements about no model of the list: the discount is never given, the capacity is paid beside the calls."""
    for key, listed in (("contracts", "models"), ("provisioned", "covers"), ("allowances", "models")):
        for index, term in enumerate(document.value.get(key) or ()):
            for position, pattern in enumerate(term.get(listed) or ()):
                if not any(covers(pattern, id_) for id_ in prices.models):
                    yield _finding(
                        document,
                        *(key, index, listed, position),
                        code="covers-nothing",
                        severity="warning",
                        message=f"no model of this file or the built-in list is {pattern!r}",
                        hint=_meant(prices, pattern),
                    )


def _meant(prices: PriceList, pattern: str) -> str | None:
    """The id that a name stands for, or that looks most like it."""
    provider, _, name = pattern.removesuffix("*").partition("/")
    match = match_model(prices, provider, name)
    if match is not None:
        return f"write the id that it is a name of: {match.model.id!r}"
    near = nearest_names(prices, provider, name, limit=1)
    return f"did you mean {near[0]!r}?" if near else None


def _alias_chains(file: PriceFile) -> Iterator[PriceFinding]:
    """Aliases of aliases, and those that lead back to themselves."""
    targets = {f"{alias.provider}/{alias.name}": alias.to.lower() for alias in file.aliases}
    for index, alias in enumerate(file.aliases):
        met = [f"{alias.provider}/{alias.name}"]
        to = alias.to.lower()
        if to not in targets or to in file.entries:
            continue
        while to in targets and to not in met:
            met.append(to)
            to = targets[to]
        plain = sum(not one.deployment for one in file.aliases)
        path: Path_ = ("deployments", index - plain, "model") if alias.deployment else ("aliases", index, "to")
        loop = to in met
        yield _finding(
            file.document,
            *path,
            code="alias-loop" if loop else "alias-chain",
            severity="error",
            message=f"alias {alias.name!r} leads back to itself" if loop else f"{alias.to!r} is an alias, not a model",
            hint="name the model's id" if not loop else None,
        )


def _rules(document: Document) -> Iterator[PriceFinding]:
    models = document.value.get("models")
    for index, model in enumerate(models if isinstance(models, list) else ()):
        prices = model.get("prices") if isinstance(model, dict) else None
        places: list[Path_] = [("models", index, "prices", one) for one in range(len(prices or ()))]
        for place in places:
            yield from _price(document, place)
        for before, after in pairwise(places):
            yield from _change(document, before, after)
    yield from _numbers(document, (), document.value)


def _price(document: Document, place: Path_) -> Iterator[PriceFinding]:
    price = document.at(*place)
    if not isinstance(price, dict):
        return
    if "source" not in price and price.get("free") is not True:
        yield _finding(
            document,
            *place,
            code="missing-source",
            severity="warning",
            message="the price names no source",
            hint="add 'source:' with a key of 'sources', so that it can be checked again",
        )
    tiers = price.get("tiers")
    long = [(*place, "tiers", index, "rates") for index in range(len(tiers) if isinstance(tiers, list) else 0)]
    standard = max(_readable(document, path).get("input", Decimal(0)) for path in ((*place, "rates"), *long))
    for path in _rated(price, place):
        yield from _proportions(document, path, standard)


def _rated(price: dict[str, Any], place: Path_) -> Iterator[Path_]:
    """Paths of every mapping of rates in a price."""
    yield (*place, "rates")
    for key in ("tiers", "variants"):
        items = price.get(key)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                yield from _rated(item, (*place, key, index))


def _proportions(document: Document, path: Path_, standard: Decimal) -> Iterator[PriceFinding]:
    """Rates that are out of proportion; a batch may well leave the cache at its standard rates."""
    rates = _readable(document, path)
    given, made = rates.get("input"), rates.get("output")
    # A price below zero is the reader's to complain about.
    if given is not None and given > 0:
        for unit in _CACHE:
            if rates.get(unit, Decimal(0)) > _DEAREST_CACHE * max(given, standard):
                yield _finding(
                    document,
                    *path,
                    unit,
                    code="cache-rate-too-high",
                    severity="error",
                    message=f"{unit} {rates[unit]:f} is more than {_DEAREST_CACHE} times the input rate {given:f}",
                    hint="check the unit of the price",
                )
        if made is not None and made < given:
            yield _finding(
                document,
                *path,
                "output",
                code="output-below-input",
                severity="warning",
                message=f"output {made:f} is cheaper than input {given:f}",
                hint="check that they are not the wrong way round",
            )


def _change(document: Document, before: Path_, after: Path_) -> Iterator[PriceFinding]:
    old, new = _readable(document, (*before, "rates")), _readable(document, (*after, "rates"))
    for unit, price in new.items():
        known = old.get(unit)
        if known and price and max(price / known, known / price) > _LARGEST_CHANGE:
            yield _finding(
                document,
                *after,
                "rates",
                unit,
                code="price-jump",
                severity="warning",
                message=f"{unit} goes from {known:f} to {price:f}, more than {_LARGEST_CHANGE} times",
                hint="check the unit of the price",
            )


def _readable(document: Document, path: Path_) -> dict[str, Decimal]:
    """Rates that can be read; the reader has complained about the others."""
    try:
        value = document.at(*path)
    except (KeyError, IndexError, TypeError):
        return {}
    found: dict[str, Decimal] = {}
    for unit, rate in value.items() if isinstance(value, dict) else ():
        try:
            if unit in TOKEN_UNITS and not isinstance(rate, bool):
                found[unit] = Decimal(rate)
        except (ArithmeticError, TypeError, ValueError):
            continue
    return {unit: rate for unit, rate in found.items() if rate.is_finite()}


def _numbers(document: Document, path: Path_, value: Any) -> Iterator[PriceFinding]:
    """Numbers with an exponent: read exactly, but `1e-6` and `1e6` look alike."""
    items: Sequence[tuple[Key, Any]] = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    elif isinstance(value, Decimal):
        written = document.written(*path) or ""
        if "e" in written.lower():
            yield _finding(
                document,
                *path,
                code="exponent-number",
                severity="warning",
                message=f"{written} is written with an exponent",
                hint=f"write {value.normalize():f}",
            )
    for key, item in items:
        yield from _numbers(document, (*path, key), item)


def _finding(
    document: Document, *path: Key, code: str, severity: Severity, message: str, hint: str | None
) -> PriceFinding:
    line, column = document.position(*path)
    return PriceFinding(
        code=code, severity=severity, path=document.name, line=line, column=column, message=message, hint=hint
    )
