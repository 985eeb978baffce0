-- title: Endpoint
-- kind: text
-- meaning: the caller's own route
endpoint
