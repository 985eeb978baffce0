-- title: Users
-- kind: count
-- meaning: different users; null of exports that name none
-- additive: no
case when count(part) = count(*) or count(user_id) > 0 then count(distinct user_id) end
