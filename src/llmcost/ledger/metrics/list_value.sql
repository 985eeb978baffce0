-- title: List value
-- kind: money
-- meaning: what requests covered by a subscription would have cost at list price; never part of cost
-- additive: yes
sum(list_value)
