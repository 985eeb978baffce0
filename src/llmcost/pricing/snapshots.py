"""A price list as the ledger keeps it, beside the rows it rated, back as a price list."""

from __future__ import annotations

import json
import zlib
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.pricing.agreements import Allowance, Contract, Provisioned, SelfHosted
from llmcost.pricing.price_list import Alias, Model, Multiplier, Prefix, Price, PriceList, Tier, Variant, When

if TYPE_CHECKING:
    from collections.abc import Mapping

    Plain = Mapping[str, Any]


def united(one: bytes, other: bytes) -> bytes:
    """Two snapshots of one price list as one that has the models of both."""
    plain, more = (json.loads(zlib.decompress(content)) for content in (one, other))
    plain["models"] = more["models"] | plain["models"]
    return zlib.compress(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode(), 9)


def restored(content: bytes) -> PriceList | None:
    """The price list of a snapshot, without the places its prices were written at; None when it holds none."""
    try:
        plain = json.loads(zlib.decompress(content))
    except (zlib.error, ValueError):
        return None
    return PriceList(
        currency=plain["currency"],
        as_of=plain["as_of"],
        models={key: _model(one) for key, one in plain["models"].items()},
        aliases=tuple(Alias(**_dated(one)) for one in plain["aliases"]),
        prefixes=tuple(Prefix(**one) for one in plain["prefixes"]),
        sources=plain["sources"],
        checked=plain.get("checked", {}),
        contracts=tuple(
            Contract(
                **{
                    **_dated(one),
                    "models": tuple(one["models"]),
                    "discount_pct": Decimal(one["discount_pct"]),
                    "applies_to": frozenset(one["applies_to"]),
                }
            )
            for one in plain.get("contracts", ())
        ),
        self_hosted=tuple(
            SelfHosted(
                **{
                    **_dated(one),
                    "gpus": Decimal(one["gpus"]),
                    "usd_per_gpu_hour": Decimal(one["usd_per_gpu_hour"]),
                    "tokens_per_gpu_hour": None
                    if one["tokens_per_gpu_hour"] is None
                    else Decimal(one["tokens_per_gpu_hour"]),
                    "weights": _amounts(one["weights"]),
                }
            )
            for one in plain.get("self_hosted", ())
        ),
        provisioned=tuple(
            Provisioned(
                **{
                    **_dated(one),
                    "covers": tuple(one["covers"]),
                    "units": Decimal(one["units"]),
                    "usd_per_unit_hour": Decimal(one["usd_per_unit_hour"]),
                }
            )
            for one in plain.get("provisioned", ())
        ),
        allowances=tuple(
            Allowance(**{**_dated(one), "models": tuple(one["models"])}) for one in plain.get("allowances", ())
        ),
        fx={
            currency: tuple((date.fromisoformat(day), Decimal(rate)) for day, rate in rates)
            for currency, rates in plain.get("fx", {}).items()
        },
    )


def _dated(plain: Plain) -> dict[str, Any]:
    """A record that holds during a time; where it was written is not kept."""
    return {**plain, "since": _moment(plain["since"]), "until": _moment(plain["until"]), "place": ""}


def _model(plain: Plain) -> Model:
    return Model(
        id=plain["id"],
        names=tuple(plain["names"]),
        dated=plain["dated"],
        prices=tuple(_price(one) for one in plain["prices"]),
        place="",
    )


def _price(plain: Plain) -> Price:
    return Price(
        since=_moment(plain["since"]),
        until=_moment(plain["until"]),
        source=plain["source"],
        free=plain["free"],
        free_reason=plain.get("free_reason", "free model"),
        tiers=_tiers(plain["tiers"]),
        fees=_amounts(plain["fees"]),
        minimums=_amounts(plain.get("minimums", {})),
        variants=tuple(
            Variant(label=one["label"], when=_when(one["when"]), tiers=_tiers(one["tiers"]), fees=_amounts(one["fees"]))
            for one in plain["variants"]
        ),
        multipliers=tuple(
            Multiplier(label=one["label"], when=_when(one["when"]), factor=Decimal(one["factor"]))
            for one in plain["multipliers"]
        ),
    )


def _tiers(plain: list[Plain]) -> tuple[Tier, ...]:
    return tuple(Tier(start=one["start"], label=one["label"], rates=_amounts(one["rates"])) for one in plain)


def _when(plain: Plain) -> When:
    clock = plain["clock"]
    return When(
        values={key: frozenset(accepted) for key, accepted in plain["values"].items()},
        clock=None if clock is None else tuple((start, end) for start, end in clock),
    )


def _amounts(plain: Plain) -> dict[str, Decimal]:
    return {unit: Decimal(amount) for unit, amount in plain.items()}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
