-- title: Characters
-- kind: count
-- meaning: characters spoken or translated
-- additive: yes
sum(characters)
