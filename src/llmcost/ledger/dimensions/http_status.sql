-- title: HTTP status
-- kind: text
-- meaning: the HTTP status of the answer
cast(http_status as varchar)
