-- title: Users
-- kind: count
-- meaning: different users
-- additive: no
count(distinct user_id)
