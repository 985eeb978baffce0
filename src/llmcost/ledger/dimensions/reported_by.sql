-- title: Reported by
-- kind: text
-- meaning: who claimed the reported cost
reported_by
