-- title: Processing
-- kind: text
-- meaning: standard or batch
coalesce(processing, 'standard')
