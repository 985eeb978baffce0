-- Of the rows of a file, those that are passes inside calls, billed apart; `sources` counts calls and buckets alone.
alter table file add column parts bigint default 0;
update file
set parts = found.parts, sources = json_merge_patch(file.sources, found.calls)::varchar
from (
    select file_id, sum(apart.parts)::bigint as parts,
        json_group_object(source, greatest(0, (sources ->> source)::bigint - apart.parts)) as calls
    from (select file_id, source, count(*) as parts from request where part > 0 group by all) as apart
    join file using (file_id)
    group by file_id
) as found
where file.file_id = found.file_id;
