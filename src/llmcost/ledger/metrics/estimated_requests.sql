-- title: Estimated
-- kind: count
-- meaning: requests whose cost rests on an estimate
-- additive: yes
sum(case when cost_status = 'estimated' then calls else 0 end)
