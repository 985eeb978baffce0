-- title: Cost per customer
-- kind: money
-- meaning: cost of requests with a customer ÷ different customers, rounded half-even to 12 places
-- additive: no
sum(cost) filter (where customer_id is not null)
/
count(distinct customer_id)
