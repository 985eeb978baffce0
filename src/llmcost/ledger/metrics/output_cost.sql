-- title: Output cost
-- kind: money
-- meaning: the part of cost that paid for text output
-- additive: yes
sum(output_cost)
