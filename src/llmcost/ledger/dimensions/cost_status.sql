-- title: Cost status
-- kind: text
-- meaning: billed, priced, estimated, free or unpriced
cost_status
