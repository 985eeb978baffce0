-- title: Attempt
-- kind: text
-- meaning: which attempt of a retried call this was
cast(attempt as varchar)
