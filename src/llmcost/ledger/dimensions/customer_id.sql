-- title: Customer
-- kind: text
-- meaning: whom the request served
customer_id
