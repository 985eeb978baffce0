-- The time of which everything has been read from a gateway's API, in spans that neither overlap nor touch.
create table gateway_cursor (
    gateway                   varchar not null,
    url                       varchar not null,      -- without credentials
    stream                    varchar not null,      -- which kind of its records
    since                     timestamp not null,    -- UTC
    until                     timestamp not null,    -- UTC; not included
    ingest_id                 integer not null       -- the run that moved it last
);
