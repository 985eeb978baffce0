-- title: File searches
-- kind: count
-- meaning: searches of stored files the provider made
-- additive: yes
sum(file_searches)
