-- Calls that seem to be in the ledger twice, by the issuers they came through: a gateway's log and the provider's own.
--
-- `id`: both name the same id. `time`: same model and the same tokens in and out, begun within four seconds. Of calls met
-- that way, all but those of the issuer with the most count as doubled. Nearly every call is met once, so a first pass over
-- hashes finds the few that are looked at closely.
with call as materialized (
    select
        issuer,
        hash(issuer) as issuer_hash,
        -- A span keeps the provider's id as a tag; its own is the span's.
        hash(case
            when issuer in ('otel', 'truefoundry') then json_extract_string(tags, '$.response_id')
            when length(request_id) >= 8 then request_id
        end) as id_hash,
        (case
            when issuer in ('otel', 'truefoundry') then json_extract_string(tags, '$.response_id')
            when length(request_id) >= 8 then request_id
        end) is not null as has_id,
        hash(
            model,
            coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_5m_tokens, 0)
                + coalesce(cache_write_1h_tokens, 0),
            coalesce(output_text_tokens, 0) + coalesce(reasoning_tokens, 0)
        ) as look,
        coalesce(uncached_input_tokens, cache_read_tokens, output_text_tokens, 0) > 0 as has_usage,
        epoch(started_at)::bigint as moment,
        cost
    from ledger.request
    where part = 0 and not gateway_cached
      and started_at >= coalesce($since, timestamp '-infinity') and started_at < coalesce($until, timestamp 'infinity')
),
several_ids as materialized (
    select id_hash from call where has_id group by id_hash having min(issuer_hash) <> max(issuer_hash)
),
by_id as (
    select id_hash, issuer, count(*) as calls, coalesce(sum(cost), 0) as cost
    from call semi join several_ids using (id_hash)
    where has_id
    group by id_hash, issuer
),
same_id as (
    select list_sort(list(issuer)) as issuers, sum(calls) - max(calls) as calls, sum(cost) - arg_max(cost, (calls, cost)) as cost
    from by_id
    group by id_hash
),
-- Two grids, each half a step from the other, so that no pair is parted by both.
grids (grid) as (values (0), (2)),
looks as materialized (
    select distinct look
    from (
        select look
        from (select * from call where has_usage), grids
        group by grid, (moment + grid) // 4, look
        having min(issuer_hash) <> max(issuer_hash)
    )
),
near as materialized (
    select look, issuer, issuer_hash, cost, moment // 4 as cell_0, (moment + 2) // 4 as cell_2
    from call semi join looks using (look)
    where has_usage and (not has_id or id_hash not in (select id_hash from several_ids))
),
-- What the first grid shows together is met there and nowhere else.
together as (
    select cell_0, look from near group by cell_0, look having min(issuer_hash) <> max(issuer_hash)
),
met as (
    select 0 as grid, cell_0 as cell, look, issuer, cost from near semi join together using (cell_0, look)
    union all
    select 2 as grid, cell_2 as cell, look, issuer, cost from near anti join together using (cell_0, look)
),
by_look as (
    select grid, cell, look, issuer, count(*) as calls, coalesce(sum(cost), 0) as cost
    from met
    group by grid, cell, look, issuer
),
same_look as (
    select list_sort(list(issuer)) as issuers, sum(calls) - max(calls) as calls, sum(cost) - arg_max(cost, (calls, cost)) as cost
    from by_look
    group by grid, cell, look
    having count(*) > 1
)
select issuers, 'id' as evidence, sum(calls)::bigint as calls, sum(cost)::decimal(38, 12) as cost
from same_id
group by issuers
union all
select issuers, 'time' as evidence, sum(calls)::bigint as calls, sum(cost)::decimal(38, 12) as cost
from same_look
group by issuers
order by issuers, evidence
