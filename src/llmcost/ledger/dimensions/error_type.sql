-- title: Error type
-- kind: text
-- meaning: the provider's or gateway's name for what went wrong
error_type
