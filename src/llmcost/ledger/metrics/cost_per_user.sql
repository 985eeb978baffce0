-- title: Cost per user
-- kind: money
-- meaning: cost of requests with a user ÷ different users, rounded half-even to 12 places
-- additive: no
sum(cost) filter (where user_id is not null)
/
count(distinct user_id)
