-- title: Cost per request
-- kind: money
-- meaning: cost ÷ requests whose cost is known, where requests are counted, rounded half-even to 12 places
-- additive: no
sum(cost) filter (where calls is not null)
/
sum(case when cost is not null then calls end)
