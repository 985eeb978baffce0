-- title: Customers
-- kind: count
-- meaning: different customers; null of exports that name none
-- additive: no
case when count(part) = count(*) or count(customer_id) > 0 then count(distinct customer_id) end
