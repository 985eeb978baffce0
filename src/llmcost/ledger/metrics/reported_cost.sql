-- title: Reported cost
-- kind: money
-- meaning: what the logs themselves claimed, in US dollars or in the currency of the report
-- additive: yes
sum(claimed_cost)
