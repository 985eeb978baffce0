-- Which alerts were told where, so that a breach is told once, and again when it grows or comes back.
create table alert_state (
    rule                      varchar not null,
    subject                   varchar not null,      -- JSON: the values of the rule's dimensions
    window_start              timestamp,             -- UTC; null where the window has no beginning of its own
    channel                   varchar not null,
    level                     integer not null,      -- delivered; 0: nothing yet
    claimed_level             integer,               -- being delivered by some process; null: none
    claimed_at                timestamp,             -- UTC
    delivered_at              timestamp              -- UTC
);
