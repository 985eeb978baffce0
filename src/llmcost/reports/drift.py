"""Where what logs claim a request cost differs from what we compute, and which known mistake would explain it.

A mistake is tried by rating the requests that differ once more as if it had been made: if that gives the claimed amount,
it is the likely cause.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost.domain.request import COLUMNS
from llmcost.ledger.composition import Query, Selection
from llmcost.pricing.price_list import PriceList
from llmcost.pricing.rate_row import ANY_PROMPT
from llmcost.pricing.rating import RATE_TABLE, declare_bills, prepare_rates, rated_select

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_LOOKED_AT = 1000
"""Requests of a model that are rated again, the largest differences first."""

_WORST = "max({'size': abs(difference), 'id': coalesce(request_id, row_key::varchar), 'difference': difference})"
_WRITES = "coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)"
_NO_WRITES = {"cache_write_5m_tokens": "0", "cache_write_1h_tokens": "0"}
_INPUT = "coalesce(uncached_input_tokens, 0)"
_READS = "coalesce(cache_read_tokens, 0)"
_PRICE_BEGAN = "try_cast(regexp_extract(was_price_id, '@([^#]+)', 1) as timestamp)"

_MISTAKES: dict[str, dict[str, str]] = {
    "cache tokens at the full input price": {
        "uncached_input_tokens": f"{_INPUT} + {_READS} + {_WRITES}",
        "cache_read_tokens": "0",
        **_NO_WRITES,
    },
    "cache reads at the full input price": {
        "uncached_input_tokens": f"{_INPUT} + {_READS}",
        "cache_read_tokens": "0",
    },
    "cache writes at the input price": {"uncached_input_tokens": f"{_INPUT} + {_WRITES}", **_NO_WRITES},
    "cache reads counted twice": {"uncached_input_tokens": f"{_INPUT} + {_READS}"},
    "cache reads left out": {"cache_read_tokens": "0"},
    "cache writes left out": _NO_WRITES,
    "reasoning left out": {"reasoning_tokens": "0"},
    "batch price ignored": {
        "processing": "null",
        "service_tier": "case when service_tier in ('batch', 'batches') then null else service_tier end",
    },
    "service tier or speed ignored": {"service_tier": "null", "speed": "null"},
    "region ignored": {"inference_region": "null"},
    "the price before this one": {"started_at": f"coalesce({_PRICE_BEGAN} - interval 1 second, started_at)"},
    "today's price, not that of the day": {"started_at": "$now"},
}
"""Mistake -> what a request looks like to whoever makes it. The first that gives the claimed amount is named."""
_LONG_PROMPT = "long-prompt price ignored"
_NO_PRICE = "the log's price is 0: no price known there"
_FREE = "claimed for a call that was free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A mistake that explains claims."""

    name: str
    requests: int
    """Of those looked at, how many it explains exactly."""
    worst: str
    """The one of them with the largest difference."""
    worst_difference: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The claims for one model of one provider, against what we compute."""

    provider: str | None
    model: str | None
    requests: int
    """With both a claim and a cost."""
    computed: Decimal
    reported: Decimal
    differing: int
    """Requests whose claim differs by more than a rounding."""
    worst: str | None
    """The request with the largest difference; None without any."""
    worst_difference: Decimal
    cause: Cause | None
    """The mistake that explains most of the difference; None when none does, or nothing differs."""

    @property
    def difference(self) -> Decimal:
        """Reported minus computed."""
        return self.reported - self.computed

    @property
    def share(self) -> Decimal | None:
        """Difference ÷ computed; None where nothing was computed and something is claimed."""
        if self.computed:
            return self.difference / self.computed
        return None if self.reported else Decimal(0)

    def exceeds(self, limit: Decimal) -> bool:
        """Whether the difference is more than that share of what was computed."""
        return self.share is None or abs(self.share) > limit


class _Guess(NamedTuple):
    provider: str | None
    model: str | None
    mistake: int
    requests: int
    worst: Mapping[str, Any]


def drift(connection: "Connection", selection: Selection, prices: PriceList, now: datetime) -> tuple[Drift, ...]:
    """Every provider and model with claims, the largest difference first; calls that were free as claimed tell of no price.

    Requests under a subscription are left out. `now` is when today's price holds.
    """
    query = Query()
    source = query.rows(connection, selection, [])
    connection.execute(
        f"""
        create or replace temp table llmcost_claim as
        {source}
        select
            {", ".join("stated_provider as provider" if c.name == "provider" else c.name for c in COLUMNS)},
            row_key, claimed_cost, provider as was_provider, model as was_model, held_cost as was_cost, held_cost - cost as passes_cost,
            price_id as was_price_id, cost_status as was_status, claimed_cost - held_cost as difference,
            abs(difference) > greatest(abs(held_cost) * 0.000001, 0.000000001) as differs
        from keyed
        where claimed_cost is not null and held_cost is not null and charge_basis is distinct from 'subscription'
        """,
        query.parameters,
    )
    rows = connection.execute(
        f"""
        select
            was_provider, was_model, count(*), sum(was_cost), sum(claimed_cost), count(*) filter (differs),
            {_WORST} filter (differs)
        from llmcost_claim
        group by was_provider, was_model
        having not bool_and(was_status = 'free' and claimed_cost = 0)
        order by abs(sum(difference)) desc, was_provider nulls last, was_model nulls last
        """
    ).fetchall()
    causes = _causes(connection, prices, now) if any(row[5] for row in rows) else {}
    return tuple(
        Drift(
            provider=row[0],
            model=row[1],
            requests=row[2],
            computed=row[3],
            reported=row[4],
            differing=row[5],
            worst=row[6]["id"] if row[6] else None,
            worst_difference=row[6]["difference"] if row[6] else Decimal(0),
            cause=causes.get((row[0], row[1])),
        )
        for row in rows
    )


def unpriced_claims(connection: "Connection", selection: Selection) -> tuple[tuple[str, int], ...]:
    """Provider/model and number of the requests with a claim and no price to hold it against, the most first."""
    query = Query()
    rows = connection.execute(
        f"""
        {query.rows(connection, selection, [])}
        select concat_ws('/', provider, model) as name, count(*) as requests
        from keyed
        where claimed_cost is not null and held_cost is null
        group by name
        order by requests desc, name
        """,
        query.parameters,
    ).fetchall()
    return tuple((name, requests) for name, requests in rows)


def foreign_claims(connection: "Connection", selection: Selection) -> tuple[tuple[str, int], ...]:
    """Currency and number of the requests whose claim is in another currency than ours, the most first."""
    query = Query()
    rows = connection.execute(
        f"""
        {query.rows(connection, selection, [])}
        select upper(reported_currency) as currency, count(*) as requests
        from keyed
        where reported_cost is not null and claimed_cost is null
        group by currency
        order by requests desc, currency
        """,
        query.parameters,
    ).fetchall()
    return tuple((currency, requests) for currency, requests in rows)


def _causes(connection: "Connection", prices: PriceList, now: datetime) -> dict[tuple[str | None, str | None], Cause]:
    """By provider and model, the cause with the largest explained difference."""
    connection.execute(
        f"""
        create or replace temp table llmcost_differing as
        select * from llmcost_claim where differs
        qualify row_number() over (partition by was_provider, was_model order by abs(difference) desc, row_key) <= {_LOOKED_AT}
        """
    )
    cases = [
        f"select * replace ({', '.join(f'{sql} as {name}' for name, sql in changed.items())}), {rank} as mistake from llmcost_differing"
        for rank, changed in enumerate(_MISTAKES.values())
    ]
    connection.execute(
        f"create or replace temp table llmcost_mistaken as {' union all '.join(cases)}",
        {"now": now.astimezone(UTC).replace(tzinfo=None)},
    )
    declare_bills(connection)
    prepare_rates(connection, "llmcost_mistaken", prices)
    _guess(connection, "create or replace temp table llmcost_guess as", "llmcost_mistaken", "mistake")
    connection.execute(f"delete from {RATE_TABLE} where prompt_from > 0")
    connection.execute(f"update {RATE_TABLE} set prompt_to = {ANY_PROMPT}")
    _guess(connection, "insert into llmcost_guess", "llmcost_differing", str(len(_MISTAKES)))
    names = [*_MISTAKES, _LONG_PROMPT, _FREE, _NO_PRICE]
    rows = connection.execute(
        f"""
        select was_provider, was_model, mistake, count(*), {_WORST}
        from (
            select was_provider, was_model, row_key, any_value(request_id) as request_id, difference,
                case
                    when claimed_cost = 0 then {len(names) - 1}
                    when was_status = 'free' then {len(names) - 2}
                    else min(guess.mistake)
                end as mistake
            from llmcost_differing left join llmcost_guess as guess using (row_key)
            group by was_provider, was_model, row_key, difference, claimed_cost, was_status
        )
        where mistake is not null
        group by was_provider, was_model, mistake
        order by was_provider, was_model, sum(abs(difference)) desc, mistake
        """
    ).fetchall()
    found: dict[tuple[str | None, str | None], Cause] = {}
    for guess in (_Guess(*row) for row in rows):
        worst = guess.worst
        cause = Cause(
            name=names[guess.mistake],
            requests=guess.requests,
            worst=worst["id"],
            worst_difference=worst["difference"],
        )
        found.setdefault((guess.provider, guess.model), cause)
    return found


def _guess(connection: "Connection", into: str, table: str, mistake: str) -> None:
    """Keep the rows of `table` that, rated as they stand there, cost what is claimed."""
    connection.execute(
        f"""
        {into}
        with rated as materialized (
            select row_key, {mistake} as mistake, claimed_cost, cost + passes_cost as cost from ({rated_select(table)})
        )
        select row_key, mistake from rated
        where abs(claimed_cost - cost) <= greatest(cost * 0.000001, 0.000000001)
            or (cost > 0 and claimed_cost = round(cost, 6))
        """
    )


def exceeding(found: Sequence[Drift], limit: Decimal) -> tuple[Drift, ...]:
    """Those that differ by more than a share of what was computed."""
    return tuple(one for one in found if one.exceeds(limit))
