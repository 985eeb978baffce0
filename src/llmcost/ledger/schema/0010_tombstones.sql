-- What was forgotten must not come back: an id is known only by its keyed hash, HMAC-SHA-256 with a key of this ledger.
create table tombstone_key (
    key                       blob not null          -- 32 random bytes; a merged ledger has those of both
);
create table tombstone (
    mac                       varchar not null,      -- hex
    kind                      varchar not null,      -- customer | user
    deleted                   boolean not null,      -- false: requests were kept without who they were for
    created_at                timestamp not null,    -- UTC
    requests                  bigint not null,       -- rows it was then
    cost                      decimal(38, 12)
);
create table forgotten_row (
    row_key                   uuid not null          -- a request that was deleted
);
