-- title: Reported requests
-- kind: count
-- meaning: requests whose log claims a cost in US dollars or in the currency of the report
-- additive: yes
sum(case when claimed_cost is not null then calls else 0 end)
