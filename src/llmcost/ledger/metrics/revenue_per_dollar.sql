-- title: Revenue per $
-- kind: ratio
-- meaning: revenue ÷ cost; null below a cent of cost
-- additive: no
-- minimum: 0.01
{revenue}
/
sum(cost)
