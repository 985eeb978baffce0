"""Which usage buckets a report adds up: of several readings of one traffic, one.

Exports overlap. A provider's usage and its bill tell of the same calls, so does a gateway's daily summary, and an export by
model beside one by key. So for each provider and UTC day

- usage is that of one source: the provider's own before a gateway's, then one that counts requests, then the largest; and of
  a source, for each of its scopes, that in minutes, hours or days, or in spans of their own, whichever is fuller, and for each
  span that of its fullest breakdown, one that may count a call twice after all others;
- cost is that of one bill, chosen alike; usage that a bill covers keeps its quantities, and what it would cost by the price
  list gives way to the bill. Where there is no bill, usage costs what the price list says, and so do charges of a bill in
  another currency, which its other charges do not cover.

A bucket longer than a day counts where no shorter one of its provider falls into it. Lines of one statement are charges of
their own, so that a bill's month of capacity counts beside the days in the same file; a month by itself gives way to days.
"""

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from llmcost.domain.request import LEAF_TOKENS, QUANTITIES
from llmcost.ledger.conversion import COSTS
from llmcost.ledger.exported_days import exported_time

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_DAY = "who, day, wide, kind"
_SPAN = "who, kind, source, part, bucket_start, bucket_end"
_QUANTITIES = ("requests", *QUANTITIES)
_WIDTH = """
    case
        when bucket_end - bucket_start between interval 59 seconds and interval 1 minute then 'minute'
        when bucket_end - bucket_start between interval 3599 seconds and interval 1 hour then 'hour'
        when bucket_end - bucket_start between interval 86399 seconds and interval 1 day then 'day'
        else 'own'
    end
"""
"""SQL: whether a span is one of a grid, which repeats what a grid of another width says, or has a length of its own."""


def exported_until(connection: "DuckDBPyConnection", before: datetime, zone: tzinfo) -> datetime | None:
    """Up to when the exports that begin before a time (naive UTC) say what was used; None where there are none."""
    start, end = (exported_time(connection, zone, column) for column in ("bucket_start", "bucket_end"))
    (found,) = connection.execute(
        f"select max({end}) from usage_bucket where {start} < $before", {"before": before}
    ).fetchone() or (None,)
    return None if found is None else min(found, before)


def counted_table(connection: "DuckDBPyConnection") -> str:
    """The name of a temporary table with `counted_buckets` as they are now.

    Every query of a report needs them, and choosing them takes longer than adding them up. Buckets are few, so that a look
    at all of them tells whether the choice still holds.
    """
    (stamp,) = connection.execute(
        "select count(*) || '_' || coalesce(bit_xor(hash(bucket)), 0) from usage_bucket as bucket"
    ).fetchone() or ("",)
    name = f"llmcost_counted_{stamp}"
    held = connection.execute(
        "select 1 from duckdb_tables() where temporary and table_name = $name", {"name": name}
    ).fetchone()
    if held is None:
        connection.execute(f"create temp table {name} as {counted_buckets()}")
    return name


def counted_buckets() -> str:
    """SELECT of the buckets that count, with the columns of `usage_bucket` and `started_at`.

    A bucket counted for its usage alone has no cost, one counted for its bill alone has no quantities.
    """
    told = ", ".join(f"cast({name} as double)" for name in _QUANTITIES)
    kept_quantities = ", ".join(f"case when as_usage then {name} end as {name}" for name in _QUANTITIES)
    kept_costs = ", ".join(f"case when as_bill or not covered then {name} end as {name}" for name in COSTS)
    return f"""
        with bucket as (
            select *,
                coalesce(provider, '') as who,
                cast(bucket_start as date) as day,
                bucket_end > bucket_start + interval 1 day as wide,
                cost_status = 'billed' as has_bill,
                not has_bill or coalesce({told}) is not null as has_usage,
                case exporter when 'gateway' then 1 when 'gateway-view' then 2 else 0 end as standing,
                not has_bill and standing = 0 and reported_currency is not null as has_foreign_bill,
                coalesce(scope, '') as part,
                coalesce(breakdown, '') as detail,
                {" + ".join(f"coalesce({name}, 0)" for name in LEAF_TOKENS)} as size
            from usage_bucket
        ),
        usage_row as (
            select *, coalesce(operation, '') as kind, cast(size as double) as worth, requests is not null as counts,
                false as apart
            from bucket where has_usage
        ),
        billed_in as (
            select bucket.bucket_key, who, source, wide, day, bucket_start, bucket_end, told.file_id
            from bucket
            join (
                select bucket_key, file_id from usage_bucket union all select row_key as bucket_key, file_id from also_in
            ) as told using (bucket_key)
            where has_bill
        ),
        among_days as (
            select distinct long.bucket_key
            from billed_in as long
            join (select distinct file_id, who, source, day from billed_in where not wide) as short
                using (file_id, who, source)
            where long.wide and short.day >= long.bucket_start and short.day < long.bucket_end
        ),
        bill_row as (
            select *, '' as kind, cast(cost as double) as worth, false as counts,
                bucket_key in (select bucket_key from among_days) as apart
            from bucket where has_bill
        ),
        {_chosen("usage")},
        {_chosen("bill")},
        bill_span as (
            select distinct who, wide, cast(day as timestamp) as since,
                case when wide then bucket_end else cast(day as timestamp) + interval 1 day end as until
            from bill_counted
            where not apart
        ),
        judged as (
            select bucket.*,
                usage_counted.who is not null as as_usage,
                bill_counted.who is not null as as_bill,
                not has_foreign_bill and exists (
                    select 1 from bill_span as bill
                    where bill.who = bucket.who and bill.since <= bucket.bucket_start and bucket.bucket_start < bill.until
                ) as covered
            from (select *, coalesce(operation, '') as kind from bucket) as bucket
            left join usage_counted using ({_SPAN}, detail)
            left join bill_counted
                on (has_bill or has_foreign_bill) and {_equal("bucket", "bill_counted", _SPAN.replace(" kind,", ""), "detail")}
        )
        select * exclude (who, day, wide, has_usage, has_bill, has_foreign_bill, standing, part, detail, size, kind, as_usage, as_bill, covered)
            replace (
                {kept_quantities}, {kept_costs},
                case when covered and not as_bill then 'billed' else cost_status end as cost_status
            ),
            bucket_start as started_at
        from judged
        where as_usage or as_bill
    """


def _chosen(what: str) -> str:
    """CTEs from `{what}_row` to `{what}_counted`: the spans, each with the breakdown that counts."""
    return f"""
        {what}_span_row as (
            select {_SPAN}, detail, day, wide, {_WIDTH} as width,
                min(standing) as standing, bool_or(counts) as counts, sum(worth) as worth,
                bool_or(apart) as apart
            from {what}_row group by all
        ),
        {what}_breakdown as (
            select * from {what}_span_row
            qualify row_number() over (
                partition by {_SPAN} order by standing, worth desc nulls last, length(detail) desc, detail
            ) = 1
        ),
        {what}_width as (
            select {_DAY}, source, part, width from {what}_breakdown group by {_DAY}, source, part, width
            qualify row_number() over (
                partition by {_DAY}, source, part order by sum(worth) desc nulls last, width
            ) = 1
        ),
        {what}_source as (
            select {_DAY}, source
            from {what}_breakdown semi join {what}_width using ({_DAY}, source, part, width)
            group by {_DAY}, source
            qualify row_number() over (
                partition by {_DAY} order by min(standing), bool_or(counts) desc, sum(worth) desc nulls last, source
            ) = 1
        ),
        {what}_best as (
            select {_SPAN}, detail, day, wide, width, apart
            from {what}_breakdown
            semi join {what}_width using ({_DAY}, source, part, width)
            semi join {what}_source using ({_DAY}, source)
        ),
        {what}_counted as (
            select * from {what}_best as best
            where not wide or not exists (
                select 1 from {what}_best as short
                where short.who = best.who and short.kind = best.kind and not short.wide
                    and (short.source <> best.source or (not best.apart and short.width <> 'own'))
                    and short.bucket_start >= best.bucket_start and short.bucket_start < best.bucket_end
            )
        )
    """


def _equal(one: str, other: str, *names: str) -> str:
    return " and ".join(f"{one}.{name} = {other}.{name}" for group in names for name in group.split(", "))
