-- title: Unpriced
-- kind: count
-- meaning: requests whose cost is unknown, if only of one pass billed apart, and to that extent left out of every sum of cost
-- additive: yes
sum(unpriced_calls)
