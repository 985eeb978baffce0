-- title: Plan
-- kind: text
-- meaning: the price plan of the customer
plan
