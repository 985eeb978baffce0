"""A closed allocation as JSON text and back: every amount to its last digit, and the rules and rates behind it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from llmcost.allocation.policy import Policy
from llmcost.allocation.reading import read_policies
from llmcost.allocation.record import Allocation, ChargeLine, Evidence, Line, Source
from llmcost.config.settings import Settings
from llmcost.config.yaml import parse_document
from llmcost.domain.fx import Rates

_SCHEMA = "llmcost/closing/1"
_MONEY = {
    "cost",
    "amount",
    "base",
    "base_total",
    "source_cost",
    "quantity",
    "unit_price",
    "ledger_cost",
    "charges_cost",
    "invoice",
    "rate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a closing holds."""

    allocation: Allocation
    policy: Policy
    rates: Rates
    previous: str | None
    """Hash of the closing before it."""


def packed(content: Content) -> str:
    """The content as text: the same content is always the same text."""
    written = {**_plain(content.policy.written), "by": content.policy.by, "decimals": content.policy.decimals}
    shape = {
        "schema": _SCHEMA,
        "previous": content.previous,
        "allocation": _plain(content.allocation),
        "policy": written,
        "rates": [[day.isoformat(), str(rate)] for day, rate in content.rates],
    }
    return json.dumps(shape, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def hash_of(text: str) -> str:
    """What tells whether a text was changed."""
    return sha256(text.encode()).hexdigest()


def unpacked(text: str, name: str) -> Content:
    """The content of a text that `packed` made; `name` stands for it in messages."""
    shape = json.loads(text)
    return Content(
        allocation=_allocation(shape["allocation"]),
        policy=_policy(shape["policy"], name),
        rates=tuple((date.fromisoformat(day), Decimal(rate)) for day, rate in shape["rates"]),
        previous=shape["previous"],
    )


def _plain(value: Any) -> Any:
    """Records and numbers as JSON has them; decimals as text."""
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _allocation(shape: dict[str, Any]) -> Allocation:
    return Allocation(
        **_amounts(shape)
        | {
            "sources": tuple(_source(one) for one in shape["sources"]),
            "lines": tuple(_line(one) for one in shape["lines"]),
            "charges": tuple(_charge(one) for one in shape["charges"]),
            "notes": tuple(shape["notes"]),
        }
    )


def _source(shape: dict[str, Any]) -> Source:
    return Source(**_amounts(shape) | {"evidence": _evidence(shape), "basis": tuple(shape["basis"])})


def _line(shape: dict[str, Any]) -> Line:
    return Line(**_amounts(shape) | {"evidence": _evidence(shape)})


def _charge(shape: dict[str, Any]) -> ChargeLine:
    days = {name: date.fromisoformat(shape[name]) for name in ("first_day", "last_day") if shape.get(name)}
    return ChargeLine(**_amounts(shape) | days)


def _evidence(shape: dict[str, Any]) -> tuple[Evidence, ...]:
    return tuple(Evidence(**_amounts(one)) for one in shape["evidence"])


def _amounts(shape: dict[str, Any]) -> dict[str, Any]:
    return {key: Decimal(value) if key in _MONEY and value is not None else value for key, value in shape.items()}


def _policy(written: dict[str, Any], name: str) -> Policy:
    # YAML reads JSON, but for characters outside its first plane, which JSON escapes as two.
    text = re.sub(
        r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}",
        lambda found: f"\\U{ord(json.loads(chr(34) + found[0] + chr(34))):08x}",
        json.dumps({"allocation": written}, ensure_ascii=True),
    )
    document = parse_document(text, name)
    return read_policies(Settings(document=document, allocation=(document.at("allocation"),)))[0]
