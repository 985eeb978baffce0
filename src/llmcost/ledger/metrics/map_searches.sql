-- title: Map searches
-- kind: count
-- meaning: answers grounded in maps
-- additive: yes
sum(map_searches)
