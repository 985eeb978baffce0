-- Closed periods of chargeback: what was stated, as it was stated. One that was reopened stays on record.
create table chargeback (
    dimension                 varchar not null,      -- what costs were allocated to
    label                     varchar not null,      -- 2026-11
    since                     timestamp not null,    -- UTC
    until                     timestamp not null,    -- UTC, exclusive
    closed_at                 timestamp not null,    -- UTC
    note                      varchar,
    content                   varchar not null,      -- JSON: the allocation, its rules and rates, and the hash before
    content_hash              varchar not null,      -- SHA-256 of the content
    reopened_at               timestamp,             -- UTC; null: closed
    reopen_note               varchar
);
