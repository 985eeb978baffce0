-- title: Image cost
-- kind: money
-- meaning: the part of cost that paid for image tokens
-- additive: yes
sum(image_cost)
