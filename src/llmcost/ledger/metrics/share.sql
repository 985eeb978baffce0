-- title: Share
-- kind: percent
-- meaning: cost as a share of the report's total cost
-- additive: yes
-- denominator: total
sum(cost)
/
sum(cost)
