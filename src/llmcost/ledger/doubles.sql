-- Calls that seem to be in the ledger twice, by the issuers they came through: a gateway's log and the provider's own.
--
-- `id`: both name the same id. `time`: same model and the same tokens of every kind, begun within four seconds. Of calls met
-- that way, all but those of the issuer with the most count as doubled.
with call as materialized (
    select
        issuer,
        -- A span keeps the provider's id as a tag; its own is the span's.
        case when issuer in ('otel', 'truefoundry') then json_extract_string(tags, '$.response_id') else request_id end as call_id,
        coalesce(model, response_model, request_model) as model,
        coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_5m_tokens, 0)
            + coalesce(cache_write_1h_tokens, 0) as tokens_in,
        coalesce(output_text_tokens, 0) + coalesce(reasoning_tokens, 0) as tokens_out,
        epoch(started_at)::bigint as moment,
        coalesce(cost, 0) as cost
    from ledger.request
    where part = 0 and not gateway_cached
      and started_at >= coalesce($since, timestamp '-infinity') and started_at < coalesce($until, timestamp 'infinity')
),
by_id as (
    select call_id, issuer, count(*) as calls, sum(cost) as cost
    from call
    where length(call_id) >= 8
    group by call_id, issuer
),
same_id as materialized (
    select call_id, list_sort(list(issuer)) as issuers, sum(calls) - max(calls) as calls, sum(cost) - arg_max(cost, calls) as cost
    from by_id
    group by call_id
    having count(*) > 1
),
by_look as (
    -- Two grids, each half a step from the other, so that no pair is parted by both.
    select grid, (moment + grid) // 4 as cell, model, tokens_in, tokens_out, issuer, count(*) as calls, sum(cost) as cost
    from call, (values (0), (2)) as grids (grid)
    where tokens_in + tokens_out > 0 and (call_id is null or call_id not in (select call_id from same_id))
    group by all
),
same_look as (
    select grid, list_sort(list(issuer)) as issuers, sum(calls) - max(calls) as calls, sum(cost) - arg_max(cost, calls) as cost
    from by_look
    group by grid, cell, model, tokens_in, tokens_out
    having count(*) > 1
),
per_grid as (
    select grid, issuers, sum(calls) as calls, sum(cost) as cost from same_look group by grid, issuers
)
select issuers, 'id' as evidence, sum(calls)::bigint as calls, sum(cost)::decimal(38, 12) as cost
from same_id
group by issuers
union all
select issuers, 'time' as evidence, max(calls)::bigint as calls, arg_max(cost, calls)::decimal(38, 12) as cost
from per_grid
group by issuers
order by issuers, evidence
