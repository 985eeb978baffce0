-- Files beside its own that brought a request or a usage bucket too. `file` has an entry for each content of a path: of those
-- whose content is not there any more the status is `replaced`.
create table also_in (
    row_key                   uuid not null,         -- of a request, or the bucket_key of a usage bucket
    file_id                   integer not null
);
