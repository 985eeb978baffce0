-- Closed books: calls that began before `locked_until` keep their cost. A lock that was lifted stays on record.
create table price_lock (
    locked_until              timestamp not null,    -- UTC, exclusive
    note                      varchar,
    created_at                timestamp not null,    -- UTC
    cleared_at                timestamp              -- UTC; null: in force
);

-- Every time stored requests were rated again on demand.
create table reprice (
    ingest_id                 integer not null,      -- its entry in `ingest`, which names the price list
    since                     timestamp,             -- UTC; null: open
    until                     timestamp,
    conditions                varchar not null,      -- JSON: the --where terms
    changed                   bigint not null,       -- rows
    old_cost                  decimal(38, 12),       -- of all rows in scope
    new_cost                  decimal(38, 12),
    locked_until              timestamp,             -- the lock in force then
    locked_changed            bigint not null        -- rows before that lock that were changed all the same
);
