"""What the same requests would have cost with other models or a better cache. Quality is never part of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.outliers.finding import Query
from llmcost.outliers.swap import swapped
from llmcost.pricing.lookup import model_named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost.outliers.traffic import Traffic
    from llmcost.pricing.price_list import Model

_OTHER_TOKENIZER = Decimal("0.15")
"""How far another maker's count of the same text may be off, either way; measure your own text before you rely on it."""
_RESELLERS = "('aws', 'azure', 'vertex', 'openrouter')"
_INPUT = (
    "coalesce(request.uncached_input_tokens, 0) + coalesce(request.cache_read_tokens, 0)"
    " + coalesce(request.cache_write_5m_tokens, 0) + coalesce(request.cache_write_1h_tokens, 0)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of the answer: requests of a model, and what becomes of them."""

    model: str
    target: str
    requests: int
    was: Decimal
    low: Decimal
    """The least they would have cost."""
    mid: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The same requests, otherwise."""

    changes: tuple[Change, ...]
    """The dearest first."""
    requests: int
    """All that the question is about."""
    cost: Decimal | None
    """None where none of them has a price."""
    left_out: int
    """Requests to be changed that cannot be priced again: billed by the provider, without a price, failed at no cost, or rated at
    other prices than the list has now."""
    other_tokenizer: bool


def what_if(
    traffic: Traffic,
    *,
    swaps: Mapping[str, str],
    environments: Mapping[str, str],
    cache_hit: Decimal | None,
) -> WhatIf:
    """Price the requests again; `swaps` are model -> model, `environments` environment -> model.

    `cache_hit` is the share of input read from a cache. Misses cost plain input in the least and, where the price list
    has a price for it, a write in the most. Raises UsageError for a model that nothing goes by.
    """
    if not swaps and not environments and cache_hit is None:
        raise UsageError("nothing to change", hint="give --swap MODEL=MODEL, --env NAME=MODEL or --cache-hit 0.7")
    targets = [_target(traffic, name) for name in (*swaps.values(), *environments.values())]
    rules = [("model", name) for name in swaps] + [("environment", name) for name in environments]
    rows = Query(
        sql="""
        with rule as (
            select unnest(range(len($keys))) as place, unnest(cast($keys as varchar[])) as key,
                unnest(cast($names as varchar[])) as name, unnest(cast($targets as varchar[])) as target,
                unnest(cast($providers as varchar[])) as target_provider
        )
        select rid, arg_max(target, place) as target, arg_max(target_provider, place) as target_provider
        from waste_row
        left join rule
            on (key = 'model' and (name = model or name = provider || '/' || model))
            -- An embedding or an image cannot come from the model of a chat.
            or (key = 'environment' and name = environment and operation in ('chat', 'text_completion'))
        where input_tokens + output_tokens > 0
        group by rid
        having $everything or target is not null
        """,
        values={
            "keys": [key for key, _ in rules],
            "names": [name for _, name in rules],
            "targets": [model.name for model in targets],
            "providers": [model.provider for model in targets],
            "everything": cache_hit is not None,
        },
    )
    if rules and not traffic.ask(
        Query(sql=f"select 1 as found from ({rows.sql}) where target is not null limit 1", values=rows.values)
    ):
        wanted = ", ".join(name for _, name in rules)
        raise UsageError(
            f"no request here is of {wanted}", hint=f"see `{traffic.verify('report --by model,environment')}`"
        )
    swapped(traffic, "waste_else", rows, _changes(cache_hit, written=False))
    dearest = "waste_else"
    if cache_hit is not None:
        swapped(traffic, "waste_else_written", rows, _changes(cache_hit, written=True))
        dearest = "waste_else_written"
    found = traffic.ask(
        Query(
            sql=f"""
            select
                coalesce(model, '') as model, coalesce(target, model, '') as target,
                cast(sum(calls) as bigint) as requests, sum(least.was) as was,
                sum(least.other) as low, sum(greatest(least.other, most.other)) as high,
                bool_or(target_provider is not null and target_provider <> provider and provider not in {_RESELLERS}) as foreign_count
            from waste_else as least
            join {dearest} as most using (rid)
            join waste_row using (rid)
            join ({rows.sql}) as chosen using (rid)
            group by all
            order by was desc, model, target
            """,
            values=rows.values,
        )
    )
    (asked,) = traffic.ask(
        Query(
            sql=f"select count(*) as asked from ({rows.sql}) where rid not in (select rid from waste_else)",
            values=rows.values,
        )
    )
    return WhatIf(
        changes=tuple(_change(row) for row in found),
        requests=traffic.requests,
        cost=None if 0 < traffic.unpriced >= traffic.requests and not traffic.cost else traffic.cost,
        left_out=int(asked["asked"]),
        other_tokenizer=any(row["foreign_count"] for row in found),
    )


def _change(row: Mapping[str, object]) -> Change:
    low, high = Decimal(str(row["low"])), Decimal(str(row["high"]))
    mid = (low + high) / 2
    if row["foreign_count"]:
        low, high = low * (1 - _OTHER_TOKENIZER), high * (1 + _OTHER_TOKENIZER)
    return Change(
        model=str(row["model"]),
        target=str(row["target"]),
        requests=int(str(row["requests"])),
        was=Decimal(str(row["was"])),
        low=low,
        mid=mid,
        high=high,
    )


def _changes(cache_hit: Decimal | None, *, written: bool) -> dict[str, str]:
    provider = (
        "case when chosen.target is null then request.stated_provider "
        f"when request.provider in {_RESELLERS} then request.provider else chosen.target_provider end"
    )
    changes = {
        "provider": provider,
        "request_model": "coalesce(chosen.target, request.request_model)",
        "response_model": "case when chosen.target is null then request.response_model end",
    }
    if cache_hit is None:
        return changes
    read = f"cast(floor(({_INPUT}) * cast({cache_hit} as decimal(9, 8))) as bigint)"
    missed = f"({_INPUT}) - {read}"
    return {
        **changes,
        "cache_read_tokens": read,
        "uncached_input_tokens": "cast(0 as bigint)" if written else missed,
        "cache_write_5m_tokens": missed if written else "cast(0 as bigint)",
        "cache_write_1h_tokens": "cast(0 as bigint)",
    }


def _target(traffic: Traffic, name: str) -> Model:
    from datetime import UTC, datetime

    at = traffic.last or datetime(2026, 1, 1)  # noqa: DTZ001  the ledger's naive UTC
    return model_named(traffic.prices, name, at.replace(tzinfo=UTC))


def pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    """`A=B` as typed, by A."""
    found: dict[str, str] = {}
    for text in texts:
        left, sign, right = text.partition("=")
        if not sign or not left.strip() or not right.strip():
            raise UsageError(f"cannot read {option} {text!r}", hint=f"write it as {option} THIS=THAT")
        found[left.strip()] = right.strip()
    return found
