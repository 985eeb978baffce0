"""Where two files of one run tell of one span differently: an export delivered in parts looks like two readings of it.

The lines of one file are added up; of two files the larger holds, because most often one is a later delivery of the other.
Which of the two they are stands in neither, so that a person has to be told. Usage without money is the exception: it hardly
has two lines of one bucket, so that a reading with more of everything is a day that was still growing, and two breakdowns with
equal sums are two readings of one traffic.
"""

from typing import TYPE_CHECKING

from llmcost.domain.bucket import BUCKET_SUMS

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_SPAN = "source, issuer, part, bucket_start, bucket_end"
_ALL = ", ".join(f"'{name}': coalesce({name}, 0)" for name in BUCKET_SUMS)
_MOST = ", ".join(f"'{name}': max(coalesce({name}, 0)) over same" for name in BUCKET_SUMS)
_TOTALS = ", ".join(f"'{name}': sum({name})" for name in BUCKET_SUMS)


def disagreements(connection: "Connection", rank: str, ingest_id: int) -> dict[int, int]:
    """By file of the batch, the spans that it tells differently from another file of the run.

    So are a bucket of money with two readings; a bucket without money of which neither reading has the most of everything; and
    lines broken down in two ways. Earlier batches of the run are in the ledger. `rank` is SQL for which of two readings of a
    bucket holds.
    """
    return dict(
        connection.execute(
            f"""
            with told as (
                select *, file_no as teller from bucket_staged
                union all by name
                select *, null as teller from ledger.usage_bucket
                where ingest_id = $run and file_id not in (select file_id from batch_file)
            ),
            reading as (
                select *, coalesce(scope, '') as part, coalesce(breakdown, '') as detail,
                    coalesce(billed_cost, reported_cost) is not null as is_money,
                    {rank} as rank, {{{_MOST}}} as most
                from told
                window same as (partition by bucket_key)
            ),
            breakdown_read as (
                select {_SPAN}, detail, bool_or(is_money) as is_money, {{{_TOTALS}}}::varchar as totals
                from (
                    select * from reading
                    qualify row_number() over (partition by bucket_key order by rank desc) = 1
                )
                group by {_SPAN}, detail
            ),
            differing as (
                select {_SPAN} from breakdown_read group by {_SPAN}
                having count(*) > 1 and (bool_or(is_money) or count(distinct totals) > 1)
                union
                select {_SPAN} from reading group by {_SPAN}, bucket_key
                having case
                    when bool_or(is_money) then count(distinct {{{_ALL}}}::varchar) > 1
                    else not bool_or({{{_ALL}}} = most)
                end
            )
            select teller, count(*)
            from (select distinct {_SPAN}, teller from reading where teller is not null)
            where ({_SPAN}) in (select ({_SPAN}) from differing)
            group by teller
            """,
            {"run": ingest_id},
        ).fetchall()
    )
