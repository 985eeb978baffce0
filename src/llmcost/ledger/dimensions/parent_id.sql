-- title: Parent
-- kind: text
-- meaning: the span or run that made the request
parent_id
