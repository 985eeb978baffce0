-- title: Request
-- kind: text
-- meaning: the id the provider or gateway gave the request
request_id
