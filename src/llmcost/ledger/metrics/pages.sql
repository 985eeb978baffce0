-- title: Pages
-- kind: count
-- meaning: pages read
-- additive: yes
sum(pages)
