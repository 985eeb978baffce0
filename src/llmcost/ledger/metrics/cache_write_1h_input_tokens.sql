-- title: Cache writes 1h
-- kind: tokens
-- meaning: input written to the provider's cache for an hour
-- additive: yes
sum(cache_write_1h_tokens)
