-- title: Cost per engagement
-- kind: money
-- meaning: cost ÷ engagements; null below 10 engagements
-- additive: no
-- minimum: 10
sum(cost)
/
{engagements}
