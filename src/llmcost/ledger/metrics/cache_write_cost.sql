-- title: Cache write cost
-- kind: money
-- meaning: the part of cost that paid for cache writes
-- additive: yes
sum(cache_write_cost)
