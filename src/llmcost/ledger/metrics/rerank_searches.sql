-- title: Rerank searches
-- kind: count
-- meaning: billed rerank searches
-- additive: yes
sum(rerank_searches)
