-- title: Requests per customer
-- kind: number
-- meaning: requests with a customer ÷ different customers
-- additive: no
sum(calls) filter (where customer_id is not null)
/
count(distinct customer_id) filter (where calls is not null)
