-- title: API key
-- kind: text
-- meaning: the id or hash of the API key, never the key
api_key_id
