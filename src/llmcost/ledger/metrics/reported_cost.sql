-- title: Reported cost
-- kind: money
-- meaning: what the logs themselves claimed, in US dollars
-- additive: yes
sum(reported_cost) filter (where coalesce(upper(reported_currency), 'USD') = 'USD')
