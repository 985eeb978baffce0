"""Usage to cost, in SQL and exactly: a call joins its rates once, and amounts stay decimal throughout.

A component is the sum of quantity times rate. It is rounded (half-even, 12 places) only where it does not divide: a
factor that leaves more than 12 places in a rate, or seconds of audio priced by the hour.
"""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import TYPE_CHECKING, Any

from llmcost.ledger.identifiers import quote_identifier, quote_literal
from llmcost.pricing.price_list import FEE_UNITS, MINIMUMS, TOKEN_UNITS, WEEK
from llmcost.pricing.rate_row import Context, RateRow
from llmcost.pricing.rates import rate_rows
from llmcost.pricing.rating_sql import CALL_DIGITS, PICO, SUM_DIGITS, fees_sql, money_type, times_sql
from llmcost.pricing.units import COMPONENTS, GAPS, PROMPT_UNITS, QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from llmcost.pricing.price_list import PriceList

CONTEXT_TABLE = "llmcost_rate_context"
RATE_TABLE = "llmcost_rate"
TIMES_MACRO = "llmcost_rate_times"
FEES_MACRO = "llmcost_rate_fees"
BILLED_MACRO = "llmcost_rate_billed"

RATED = (
    "model",
    "input_cost",
    "cache_read_cost",
    "cache_write_cost",
    "output_cost",
    "reasoning_cost",
    "audio_cost",
    "image_cost",
    "unit_cost",
    "cost",
    "list_value",
    "cost_status",
    "cost_reason",
    "price_id",
    "match_kind",
)
"""Columns rating adds to a request; it also fills in `provider` where the log states none."""

_KEYS = tuple(one.name for one in fields(Context))

_COLUMNS: dict[str, str] = {
    "sheet": "integer",
    "since": "timestamp",
    "until": "timestamp",
    "prompt_from": "bigint",
    "prompt_to": "bigint",
    "minute_from": "integer",
    "minute_to": "integer",
    "provider": "varchar",
    "model": "varchar",
    "match_kind": "varchar",
    "price_id": "varchar",
    "status": "varchar",
    "reason": "varchar",
    "gaps": "integer",
    "bare": "integer",
    "numerator": "hugeint",
    "denominator": "hugeint",
    **dict.fromkeys((f"rate_{unit}" for unit in TOKEN_UNITS), "decimal(18, 12)"),
    **dict.fromkeys((f"fee_{unit}" for unit in FEE_UNITS), "decimal(18, 12)"),
    **dict.fromkeys((f"minimum_{name}" for name in MINIMUMS), "decimal(18, 6)"),
}


_FEE_ARGUMENTS = {
    "fee_request": "z_fee_request",
    **{f"q_{unit}": QUANTITIES[unit] for unit in FEE_UNITS if unit != "request"},
    **{f"fee_{unit}": f"z_fee_{unit}" for unit in FEE_UNITS if unit != "request"},
    **{f"minimum_{name}": f"z_minimum_{name}" for name in MINIMUMS},
}
"""Parameter of the macro that adds up fees -> the column it is given."""

_BIT = {unit: 1 << bit for bit, unit in enumerate(GAPS)}

_TIMED_OUT = (
    "coalesce(http_status in (408, 499, 504) or regexp_matches(lower(error_type), 'time[ _-]?d?[ _-]?out'), false)"
)


_NAMES = (*COMPONENTS, "unit_cost")

_RATE_COLUMNS = tuple(
    column
    for column in _COLUMNS
    if column not in ("sheet", "since", "until", "prompt_from", "prompt_to", "minute_from", "minute_to", "provider")
)

_HELPERS = tuple(
    f"z_{name}"
    for name in (
        *_RATE_COLUMNS,
        *(f"{name}_exact" for name in _NAMES),
        *_NAMES,
        "known",
        "billed",
        "used",
        "total",
        "gap_reason",
        "unknown",
        "verdict",
        "list_value",
        "why",
        "outcome",
    )
)


def declare_bills(connection: Any, reporters: Collection[str] = (), currency: str = "USD") -> None:
    """Take what these reporters claim for their bill, for every rating of this connection.

    Only a claim above 0 in the price list's currency is one: a gateway writes 0 where it knows no price.
    """
    names = ", ".join(quote_literal(name) for name in sorted(reporters))
    taken = (
        f"coalesce(billed, case when amount > 0 and reporter in ({names}) "
        f"and coalesce(upper(currency), {quote_literal(currency)}) = {quote_literal(currency)} then amount end)"
        if names
        else "billed"
    )
    _declare_bills(connection, "create or replace temp macro", taken)


def _declare_bills(connection: Any, create: str, taken: str) -> None:
    connection.execute(f"{create} {BILLED_MACRO}(billed, amount, currency, reporter) as {taken}")


def billed_amount(row: str) -> str:
    """SQL for what `row` was billed as far as anybody says; see `declare_bills`."""
    return f"{BILLED_MACRO}({row}.billed_cost, {row}.reported_cost, {row}.reported_currency, {row}.reported_by)"


def claimed_bill(row: str) -> str:
    """SQL for what `row` claims where that is taken for the bill, null where it is not; see `declare_bills`."""
    return f"{BILLED_MACRO}(null, {row}.reported_cost, {row}.reported_currency, {row}.reported_by)"


def prepare_rates(connection: Any, table: str, price_list: PriceList, *, aggregated: bool = False) -> None:
    """Resolve every distinct context of `table` and leave the rates in two temporary tables of the connection.

    `aggregated` as in `rated_select`.
    """
    _declare_bills(connection, "create temp macro if not exists", "billed")
    keys = ", ".join(_KEYS)
    found: list[tuple[str | None, ...]] = connection.execute(
        f"select distinct {keys} from {quote_identifier(table)} order by all"
    ).fetchall()
    contexts = [Context(**dict(zip(_KEYS, values, strict=True))) for values in found]
    rows: list[tuple[int, RateRow]] = []
    numbers: list[int] = []
    by_rows: dict[str, int] = {}
    for context in contexts:
        resolved = rate_rows(price_list, context)
        key = repr(resolved)
        if key not in by_rows:
            by_rows[key] = len(by_rows)
            rows.extend((by_rows[key], row) for row in resolved)
        numbers.append(by_rows[key])
    _write(
        connection,
        CONTEXT_TABLE,
        {**dict.fromkeys(_KEYS, "varchar"), "sheet": "integer"},
        [(*astuple(context), number) for context, number in zip(contexts, numbers, strict=True)],
    )
    _write(connection, RATE_TABLE, _COLUMNS, [_rate_values(sheet, row) for sheet, row in rows])
    factors = any(row.denominator != 1 for _, row in rows)
    times = times_sql(factors=factors, digits=SUM_DIGITS if aggregated else CALL_DIGITS)
    connection.execute(f"create or replace temp macro {TIMES_MACRO}(amount, numerator, denominator) as {times}")
    fees = fees_sql(
        {unit for _, row in rows for unit, fee in row.fees.items() if fee},
        {name for _, row in rows for name in row.minimums},
    )
    connection.execute(f"create or replace temp macro {FEES_MACRO}({', '.join(_FEE_ARGUMENTS)}) as {fees}")


def _rate_values(sheet: int, row: RateRow) -> tuple[Any, ...]:
    return (
        sheet,
        row.since.replace(tzinfo=None),
        row.until.replace(tzinfo=None),
        row.prompt_from,
        row.prompt_to,
        row.minute_from,
        row.minute_to,
        row.provider,
        row.model,
        row.match_kind,
        row.price_id,
        row.status,
        row.reason,
        row.gaps,
        row.bare,
        row.numerator,
        row.denominator,
        *(row.rates.get(unit) for unit in TOKEN_UNITS),
        *(row.fees.get(unit) for unit in FEE_UNITS),
        *(row.minimums.get(name, 0) for name in MINIMUMS),
    )


def _write(connection: Any, name: str, columns: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Replace a temporary table; values travel as one list a column, far faster than row by row."""
    declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    connection.execute(f"create or replace temp table {name} ({declared})")
    if not rows:
        return
    lists = [[None if value is None else str(value) for value in column] for column in zip(*rows, strict=True)]
    values = ", ".join(f"unnest(?::varchar[])::{kind} as {column}" for column, kind in columns.items())
    connection.execute(f"insert into {name} select {values}", lists)


def rated_select(table: str, *, aggregated: bool = False, prompt_size: str = "0") -> str:
    """SELECT of every row of `table` with its model and costs; call `prepare_rates` for the same rows first.

    Rows that are aggregates have a column `requests`. Their tokens are those of many prompts, so they reach the tier of
    `prompt_size` (SQL over the row `t`) whatever they add up to, owe no minimum, and what they cost is an estimate.
    """
    rates = ", ".join(f"r.{column} as z_{column}" for column in _RATE_COLUMNS)
    money = money_type(SUM_DIGITS if aggregated else CALL_DIGITS)
    # Clamped, so that an absurd count cannot overflow the sum before it is found out.
    prompt = " + ".join(f"least(coalesce(t.{QUANTITIES[unit]}, 0), {PICO})" for unit in PROMPT_UNITS)
    if aggregated:
        prompt = prompt_size
    fee_arguments = {
        name: f"({column} * coalesce(requests, 1))" if aggregated and name == "fee_request" else column
        for name, column in _FEE_ARGUMENTS.items()
    }
    if aggregated:
        fee_arguments |= {name: "0::decimal(18, 6)" for name in fee_arguments if name.startswith("minimum_")}
    minute = "(isodow(t.started_at) - 1) * 1440 + hour(t.started_at) * 60 + minute(t.started_at)"
    known = " or ".join(f"t.{column} is not null" for column in QUANTITIES.values())
    used = " | ".join(f"case when t.{column} <> 0 then {_BIT[unit]} else 0 end" for unit, column in QUANTITIES.items())
    gaps = ", ".join(
        f"case when z_gaps & z_used & {_BIT[unit]} <> 0 then 'no {GAPS[unit]} price' end" for unit in QUANTITIES
    )
    return f"""
with joined as (
    select
        t.* replace (coalesce(r.provider, t.provider) as provider),
        {rates},
        {known} as z_known,
        {billed_amount("t")} as z_billed,
        {used} as z_used
    from {quote_identifier(table)} as t
    left join {CONTEXT_TABLE} as c
        on {" and ".join(f"t.{key} is not distinct from c.{key}" for key in _KEYS)}
    left join {RATE_TABLE} as r
        on c.sheet = r.sheet
        and t.started_at >= r.since and t.started_at < r.until
        and {prompt} >= r.prompt_from and {prompt} < r.prompt_to
        and (r.minute_to - r.minute_from = {WEEK} or ({minute} >= r.minute_from and {minute} < r.minute_to))
),
summed as (
    select
        *,
        {", ".join(f"{_sum(units)} as z_{name}_exact" for name, units in COMPONENTS.items())},
        {FEES_MACRO}({", ".join(fee_arguments.values())}) as z_unit_cost_exact
    from joined
),
rounded as (
    select
        *,
        {", ".join(f"{TIMES_MACRO}(z_{name}_exact, z_numerator, z_denominator) as z_{name}" for name in COMPONENTS)},
        try_cast(z_unit_cost_exact as {money}) as z_unit_cost
    from summed
),
added as (
    select
        *,
        try_cast({" + ".join(f"z_{name}" for name in _NAMES)} as {money}) as z_total,
        case when z_gaps & z_used <> 0 then nullif(concat_ws('; ', {gaps}), '') end as z_gap_reason,
        -- Without a price for anything used, the sum is 0 and the cost unknown.
        coalesce(z_used <> 0 and z_bare & z_used = z_used and z_fee_request = 0, false) as z_unknown
    from rounded
),
decided as (
    select
        *,
        case
            when z_billed is not null then 'billed'
            when gateway_cached then 'response cache hit'
            when status = 'blocked' then 'blocked'
            when status = 'error' and z_used = 0 and not z_known and {_TIMED_OUT} then 'timed out, usage unknown'
            when status = 'error' and z_used = 0 then 'failed, nothing used'
            -- Of a batch only what was answered is invoiced.
            when status = 'cancelled' and processing = 'batch' and z_used = 0 then 'failed, nothing used'
            when z_status = 'free' then 'free'
            when z_status is null or z_status = 'unpriced' then 'no price'
            when not z_known then 'usage unknown'
            when z_unknown then 'no price'
            when z_total is null then 'overflow'
            else 'rated'
        end as z_verdict
    from added
),
valued as (
    select
        *,
        case z_verdict
            when 'free' then 0::{money}
            when 'rated' then z_total
            when 'billed' then case when z_status in ('priced', 'estimated') and z_known and not z_unknown then z_total end
        end as z_list_value,
        case
            when z_verdict = 'billed' then null
            when z_verdict in ('free', 'no price') then coalesce(nullif(concat_ws('; ', z_reason, z_gap_reason), ''), z_verdict)
            when z_verdict <> 'rated' then z_verdict
            else nullif(concat_ws(
                '; ',
                z_reason,
                z_gap_reason,
                {"'sum of many calls'" if aggregated else "null"},
                case usage_origin when 'tokenizer' then 'tokens counted locally' when 'estimate' then 'usage estimated' end
            ), '')
        end as z_why,
        case
            when z_verdict = 'billed' then 'billed'
            when z_verdict in ('response cache hit', 'blocked', 'failed, nothing used', 'free') then 'free'
            when charge_basis = 'subscription' then 'included'
            when z_verdict = 'rated' then if(z_why is null, 'priced', 'estimated')
            else 'unpriced'
        end as z_outcome
    from decided
)
select
    * exclude ({", ".join(_HELPERS)}),
    coalesce(z_model, response_model, request_model) as model,
    {", ".join(f"case when z_outcome in ('priced', 'estimated') then z_{name} end as {name}" for name in _NAMES)},
    case z_outcome
        when 'billed' then z_billed
        when 'free' then 0::{money}
        when 'included' then 0::{money}
        when 'unpriced' then null
        else z_total
    end as cost,
    case when z_outcome in ('billed', 'included') then z_list_value end as list_value,
    if(z_outcome = 'included', 'priced', z_outcome) as cost_status,
    z_why as cost_reason,
    z_price_id as price_id,
    z_match_kind as match_kind
from valued
"""


def _sum(units: tuple[str, ...]) -> str:
    """Exact amount of some units, DECIMAL with 12 places; null where there is no rate."""
    return " + ".join(f"coalesce({QUANTITIES[unit]}, 0) * z_rate_{unit}" for unit in units)
