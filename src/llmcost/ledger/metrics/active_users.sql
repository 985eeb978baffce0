-- title: Active users
-- kind: number
-- meaning: the outcome `active_users`, added up over its days; null where outcomes are not broken down so
-- additive: no
{active_users}
