-- title: Unit cost
-- kind: money
-- meaning: the part of cost that paid for searches, images, seconds, characters, pages and per-request fees
-- additive: yes
sum(unit_cost)
