-- title: Priced requests
-- kind: count
-- meaning: requests whose cost is known
-- additive: yes
sum(case when cost is not null then calls else 0 end)
