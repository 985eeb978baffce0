-- title: Customers
-- kind: count
-- meaning: different customers
-- additive: no
count(distinct customer_id)
