-- title: Cache read cost
-- kind: money
-- meaning: the part of cost that paid for cache reads
-- additive: yes
sum(cache_read_cost)
