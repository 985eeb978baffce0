-- title: Input cost
-- kind: money
-- meaning: the part of cost that paid for uncached text input
-- additive: yes
sum(input_cost)
