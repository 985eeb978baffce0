-- title: Priced requests
-- kind: count
-- meaning: requests whose cost is known
-- additive: yes
sum(case when cost_known then calls else 0 end)
