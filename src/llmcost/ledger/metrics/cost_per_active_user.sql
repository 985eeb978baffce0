-- title: Cost per active user
-- kind: money
-- meaning: cost ÷ active users, of a day where the outcome counts those of a day; null below 5
-- additive: no
-- minimum: 5
sum(cost)
/
{active_users}
