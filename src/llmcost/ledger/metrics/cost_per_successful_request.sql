-- title: Cost per successful request
-- kind: money
-- meaning: cost, that of failed requests included, ÷ requests with status ok whose cost is known; null without any
-- additive: no
-- minimum: 1
sum(cost)
/
sum(case when status = 'ok' and cost is not null then calls end)
