-- Tells a renamed file from a new one.
alter table file add column inode varchar;             -- device:inode
