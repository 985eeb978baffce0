-- title: Unpriced
-- kind: count
-- meaning: requests whose cost is unknown, left out of every sum of cost
-- additive: yes
sum(case when cost_status = 'unpriced' then calls else 0 end)
