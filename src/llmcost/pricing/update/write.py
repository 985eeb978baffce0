"""Writing changed prices as a price file of the user: history kept, the change as a new dated price."""

from __future__ import annotations

import os
import tempfile
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.config.quoting import quoted
from llmcost.domain.errors import DataError
from llmcost.pricing.price_list import FEE_UNITS, WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmcost.pricing.price_list import Model, Price, Tier, Variant, When
    from llmcost.pricing.update.entries import Entry
    from llmcost.pricing.update.flat import Item

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PLAIN = ("at_least", "above", "factor")


def user_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the user's price files are, below $XDG_DATA_HOME or ~/.local/share."""
    base = environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "llmcost" / "prices"


def user_file(at: datetime, environ: Mapping[str, str] = os.environ) -> Path:
    """The user's price file of a day."""
    return user_folder(environ) / f"{at.date().isoformat()}.yaml"


def changed_entry(
    model: Model, changes: Mapping[Item, Decimal], *, compared: Price, since: datetime, source: str
) -> Entry:
    """A model with its prices so far, and from a moment on the `compared` one changed; every other number stays as it was.

    Raises DataError when that price does not hold at that moment, or only begins then.
    """
    prices = list(model.prices)
    index = prices.index(compared)
    if compared.since == since:
        raise DataError(
            f"{model.id}: a price already begins on {_moment(since)}, and a price is never overwritten",
            hint="choose another day with --from-date",
        )
    if compared.since is not None and since < compared.since:
        raise DataError(
            f"{model.id}: the price that was compared begins on {_moment(compared.since)}, after {_moment(since)}",
            hint="choose a later --from-date",
        )
    if compared.until is not None and compared.until <= since:
        raise DataError(
            f"{model.id}: the price that was compared ends on {_moment(compared.until)}, before one could begin on {_moment(since)}",
            hint="choose an earlier --from-date",
        )
    entry = model_entry(model)
    # An end that was stated is now the new price's; the old one ends where that begins.
    ends = entry["prices"][index].pop("until", None)
    fresh = _applied(_price(compared, compared.until), changes)
    kept = {key: value for key, value in fresh.items() if key not in ("from", "source")}
    until = {} if ends is None else {"until": ends}
    entry["prices"].insert(index + 1, {"from": _moment(since), **until, "source": source, **kept})
    return entry


def model_entry(model: Model) -> Entry:
    """A model as a price file has it."""
    match: Entry = {"exact": list(model.names[1:])} if len(model.names) > 1 else {}
    match |= {"dated": True} if model.dated else {}
    followed = [one.since for one in model.prices[1:]] + [None]
    prices = [_price(one, after) for one, after in zip(model.prices, followed, strict=True)]
    return {**({"match": match} if match else {}), "prices": prices}


def with_open_units(entry: Entry) -> Entry:
    """An entry whose variants name the units they leave open, as a price file has to."""
    return {**entry, "prices": [_with_open_units(price) for price in entry["prices"]]}


def _with_open_units(price: Entry) -> Entry:
    variants = []
    for one in price.get("variants", ()):
        open_ = [unit for unit in price.get("rates", {}) if "rates" in one and unit not in one["rates"]]
        variants.append({**one, "open": open_} if open_ else one)
    return {**price, **({"variants": variants} if variants else {})}


def price_file(
    models: Mapping[str, Entry], sources: Mapping[str, Mapping[str, str]], *, currency: str, as_of: datetime
) -> str:
    """A price file as text."""
    lines = [
        "# Written by `llmcost prices update`. A price that was once right is never edited; the next one stands below it.",
        "schema: llmcost-pricing/1",
        f"currency: {currency}",
        f"as_of: {as_of.date().isoformat()}",
        "sources:",
        *(f"  {_flow(key)}: {_flow(dict(value))}" for key, value in sorted(sources.items())),
        "models:",
    ]
    for id_, entry in sorted(models.items()):
        lines.append(f"  - id: {_flow(id_)}")
        if "match" in entry:
            lines.append(f"    match: {_flow(entry['match'])}")
        lines.append("    prices:")
        for price in entry["prices"]:
            lines.extend(_block(price))
    return "\n".join(lines) + "\n"


def replace_file(path: Path, text: str) -> None:
    """Write a file whole or not at all, making its folder; DataError when that is not possible."""
    fresh: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        fresh = Path(name)
        with os.fdopen(handle, "wb") as opened:
            opened.write(text.encode())
        fresh.chmod(0o644)
        fresh.replace(path)
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror or error}", hint="name another file with --to"
        ) from error
    finally:
        if fresh is not None:
            fresh.unlink(missing_ok=True)


def _applied(price: Entry, changes: Mapping[Item, Decimal]) -> Entry:
    """Put new numbers in their places."""
    for item, value in changes.items():
        priced = _alone(price["variants"], dict(item.when)) if item.when else price
        if item.unit in FEE_UNITS:
            priced.setdefault("fees", {})[item.unit] = value
            continue
        bands = {0: priced["rates"], **{_start(one): one["rates"] for one in priced.get("tiers", ())}}
        bands[item.start][item.unit] = value
    return price


def _alone(variants: list[Entry], wanted: Mapping[str, str]) -> Entry:
    """The variant for exactly the wanted values; what one accepts beyond them becomes a variant beside it, as it was."""
    index = next(place for place, one in enumerate(variants) if _holds(one["when"], wanted))
    for key, value in wanted.items():
        found = variants[index]
        others = [one for one in _list(found["when"][key]) if one != value]
        if others:
            # Its name may have said what it accepted.
            unnamed = {name: one for name, one in found.items() if name != "name"}
            rest = {key: others if len(others) > 1 else others[0]}
            variants[index : index + 1] = [
                deepcopy({**unnamed, "when": {**found["when"], key: value}}),
                deepcopy({**unnamed, "when": {**found["when"], **rest}}),
            ]
    return variants[index]


def _holds(when: Entry, wanted: Mapping[str, str]) -> bool:
    return "clock" not in when and when.keys() == wanted.keys() and all(wanted[key] in _list(when[key]) for key in when)


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _start(tier: Entry) -> int:
    return int(tier["above"]) + 1 if "above" in tier else int(tier["at_least"])


def _price(price: Price, followed: datetime | None) -> Entry:
    """A price as a file has it; one that the next price ends needs no `until`."""
    made: Entry = {} if price.since is None else {"from": _moment(price.since)}
    if price.until is not None and price.until != followed:
        made["until"] = _moment(price.until)
    made["source"] = price.source
    if price.free:
        return {**made, "free": True}
    made |= _bands(price.tiers)
    if price.variants:
        made["variants"] = [_variant(one) for one in price.variants]
    if price.multipliers:
        made["multipliers"] = [
            {"name": one.label, "when": _when(one.when), "factor": one.factor} for one in price.multipliers
        ]
    if price.fees:
        made["fees"] = dict(price.fees)
    if minimums := getattr(price, "minimums", None):
        made["minimums"] = dict(minimums)
    return {key: value for key, value in made.items() if value is not None}


def _bands(tiers: Sequence[Tier]) -> Entry:
    if not tiers or not tiers[0].rates:
        return {}
    made: Entry = {"rates": dict(tiers[0].rates)}
    longer = [{**_limit(one), "rates": dict(one.rates)} for one in tiers[1:]]
    return made | ({"tiers": longer} if longer else {})


def _limit(tier: Tier) -> Entry:
    key, _, bound = tier.label.rpartition("-")
    return {key.replace("-", "_"): int(bound)}


def _variant(variant: Variant) -> Entry:
    made: Entry = {"name": variant.label, "when": _when(variant.when), **_bands(variant.tiers)}
    return made | ({"fees": dict(variant.fees)} if variant.fees else {})


def _when(when: When) -> Entry:
    made: Entry = {key: sorted(values) if len(values) > 1 else min(values) for key, values in when.values.items()}
    if when.clock is not None:
        made["clock"] = _clock(when.clock)
    return made


def _clock(spans: Sequence[tuple[int, int]]) -> Entry:
    """Minutes of the week as days and hours; days with the same hours go together, which is how they were written."""
    day = WEEK // len(_DAYS)
    hours = {
        name: [
            f"{_time(max(start, offset) - offset)}-{_time(min(end, offset + day) - offset)}"
            for start, end in spans
            if start < offset + day and end > offset
        ]
        for name, offset in zip(_DAYS, range(0, WEEK, day), strict=True)
    }
    days = [name for name in _DAYS if hours[name]]
    between = hours[days[0]]
    if any(hours[name] != between for name in days):
        raise DataError("a price by the clock has different hours on different days", hint="write this model yourself")
    return {"days": days, **({} if between == ["00:00-24:00"] else {"between": between})}


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").removesuffix("T00:00:00Z")


def _block(price: Entry) -> Iterator[str]:
    start = "      - "
    for key, value in price.items():
        if key in ("variants", "tiers", "multipliers"):
            yield f"{start}{key}:"
            yield from (f"          - {_flow(one)}" for one in value)
        else:
            yield f"{start}{key}: {_flow(value)}"
        start = "        "


def _flow(value: Any) -> str:
    """A value on one line of YAML; numbers plain, as they were published."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (bool, int)):
        return str(value).lower()
    return quoted(str(value))


def plain_numbers(entry: Entry) -> Entry:
    """A converted entry with numbers instead of their text, which reads better in a file."""
    return {key: [_numbers(one) for one in value] if key == "prices" else value for key, value in entry.items()}


def _numbers(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        numeric = key in ("rates", "fees", "minimums")
        return {
            name: Decimal(one) if isinstance(one, str) and (numeric or name in _PLAIN) else _numbers(one, name)
            for name, one in value.items()
        }
    return [_numbers(one) for one in value] if isinstance(value, list) else value
