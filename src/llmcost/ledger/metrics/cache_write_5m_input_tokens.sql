-- title: Cache writes 5m
-- kind: tokens
-- meaning: input written to the provider's cache for five minutes
-- additive: yes
sum(cache_write_5m_tokens)
