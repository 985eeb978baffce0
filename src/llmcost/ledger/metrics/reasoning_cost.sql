-- title: Reasoning cost
-- kind: money
-- meaning: the part of cost that paid for reasoning
-- additive: yes
sum(reasoning_cost)
