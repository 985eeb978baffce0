-- title: Price match
-- kind: text
-- meaning: which matching step found the price
match_kind
