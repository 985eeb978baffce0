-- title: Cost per successful request
-- kind: money
-- meaning: cost, that of failed requests included, ÷ requests with status ok whose cost is known; null without any
-- additive: no
-- minimum: 1
sum(cost) filter (where cost_known)
/
sum(case when status = 'ok' and cost_known then calls end)
