-- The shape of traces that a receiver has settled: what comes later, to another receiver perhaps, is settled with it.
create table received_span (
    trace_id                  varchar not null,
    span_id                   varchar not null,
    parent_id                 varchar,
    role                      varchar not null,      -- call | wrapper | other
    has_usage                 boolean not null,
    turn                      bigint not null        -- when: later is more
);
