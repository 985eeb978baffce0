-- title: Cost per request
-- kind: money
-- meaning: cost ÷ requests whose cost is known, rounded half-even to 12 places
-- additive: no
sum(cost)
/
sum(case when cost is not null then calls end)
