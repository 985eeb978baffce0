-- title: Cost reason
-- kind: text
-- meaning: why a cost is estimated, free or unknown
cost_reason
