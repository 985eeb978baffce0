-- title: Feature
-- kind: text
-- meaning: the product feature that made the request
feature
