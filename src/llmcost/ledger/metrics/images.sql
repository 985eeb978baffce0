-- title: Images
-- kind: count
-- meaning: images made
-- additive: yes
sum(images)
