-- title: Cost per request
-- kind: money
-- meaning: cost ÷ requests, of those whose cost is known, where requests are counted, rounded half-even to 12 places
-- additive: no
sum(cost) filter (where cost_known and calls is not null)
/
sum(case when cost_known then calls end)
