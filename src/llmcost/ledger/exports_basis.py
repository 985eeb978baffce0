"""Which usage buckets a report adds up: of several readings of one traffic, one.

Exports overlap. A provider's usage and its bill tell of the same calls, so does a gateway's daily summary, and an export by
model beside one by key. So for each provider and UTC day

- usage is that of one source: the provider's own before a gateway's, then one that counts requests, then the largest; and of
  a source, for each of its scopes, that of the fullest breakdown;
- cost is that of one bill, chosen alike; usage that a bill covers keeps its quantities, and what it would cost by the price
  list gives way to the bill. Where there is no bill, usage costs what the price list says.

A bucket longer than a day counts where no shorter one of its provider falls into it.
"""

from llmcost.domain.request import LEAF_TOKENS, QUANTITIES

_COSTS = (
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
)
_CLUSTER = "who, day, wide"


def counted_buckets() -> str:
    """SELECT of the buckets that count, with the columns of `usage_bucket`, `started_at` and `whole_days`.

    A bucket counted for its usage alone has no cost, one counted for its bill alone has no quantities.
    """
    kept_quantities = ", ".join(f"case when as_usage then {name} end as {name}" for name in ("requests", *QUANTITIES))
    kept_costs = ", ".join(f"case when as_bill or not covered then {name} end as {name}" for name in _COSTS)
    return f"""
        with bucket as (
            select *,
                coalesce(provider, '') as who,
                cast(bucket_start as date) as day,
                bucket_end > bucket_start + interval 1 day as wide,
                coalesce({", ".join(f"cast({name} as double)" for name in ("requests", *QUANTITIES))}) is not null
                    or cost_status <> 'billed' as has_usage,
                cost_status = 'billed' as has_bill,
                case exporter when 'gateway' then 1 when 'gateway-view' then 2 else 0 end as standing,
                coalesce(operation, '') as kind,
                {_view("source", "scope", "breakdown", "bucket_end - bucket_start")} as view,
                {" + ".join(f"coalesce({name}, 0)" for name in LEAF_TOKENS)} as size
            from usage_bucket
        ),
        usage_view as (
            select {_CLUSTER}, kind, source, coalesce(scope, '') as scope, view, min(standing) as standing,
                bool_or(requests is not null) as counts, sum(size) as size, any_value(length(breakdown)) as detail
            from bucket where has_usage group by all
        ),
        usage_source as (
            select {_CLUSTER}, kind, source from usage_view group by {_CLUSTER}, kind, source
            qualify row_number() over (
                partition by {_CLUSTER}, kind order by min(standing), bool_or(counts) desc, sum(size) desc, source
            ) = 1
        ),
        usage_chosen as (
            select {_CLUSTER}, kind, view from usage_view semi join usage_source using ({_CLUSTER}, kind, source)
            qualify row_number() over (
                partition by {_CLUSTER}, kind, source, scope order by size desc, detail desc nulls last, view
            ) = 1
        ),
        bill_view as (
            select {_CLUSTER}, source, view, min(standing) as standing, sum(cost) as amount,
                any_value(length(breakdown)) as detail, max(bucket_end) as ends
            from bucket where has_bill group by all
        ),
        bill_chosen as (
            select {_CLUSTER}, view, ends from bill_view
            qualify row_number() over (
                partition by {_CLUSTER} order by standing, amount desc, detail desc nulls last, source, view
            ) = 1
        ),
        bill_span as (
            select who, view, wide, day, cast(day as timestamp) as since,
                case when wide then ends else cast(day as timestamp) + interval 1 day end as until
            from bill_chosen
        ),
        bill_counted as (
            select * from bill_span as bill
            where not wide or not exists (
                select 1 from bill_span as short
                where short.who = bill.who and not short.wide and short.since >= bill.since and short.since < bill.until
            )
        ),
        usage_counted as (
            select * from usage_chosen as chosen
            where not wide or not exists (
                select 1 from bucket as short
                where short.who = chosen.who and short.has_usage and not short.wide
                    and short.day >= chosen.day and short.bucket_start < (
                        select max(bucket_end) from bucket where bucket.view = chosen.view and bucket.day = chosen.day
                    )
            )
        ),
        judged as (
            select bucket.*,
                usage_counted.view is not null as as_usage,
                has_bill and bill_counted.view is not null as as_bill,
                exists (
                    select 1 from bill_counted as bill
                    where bill.who = bucket.who and bill.since <= bucket_start and bucket_start < bill.until
                ) as covered
            from bucket
            left join usage_counted using (who, day, wide, kind, view)
            left join bill_counted using (who, day, wide, view)
        )
        select * exclude (who, day, wide, has_usage, has_bill, standing, kind, view, size, as_usage, as_bill, covered)
            replace (
                {kept_quantities}, {kept_costs},
                case when covered and not as_bill then 'billed' else cost_status end as cost_status
            ),
            bucket_start as started_at,
            bucket_end >= bucket_start + interval 1 day as whole_days
        from judged
        where as_usage or as_bill
    """


def _view(*parts: str) -> str:
    return " || chr(31) || ".join(f"coalesce(cast({part} as varchar), '')" for part in parts)
