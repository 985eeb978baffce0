-- title: Web searches
-- kind: count
-- meaning: searches the provider made
-- additive: yes
sum(web_searches)
