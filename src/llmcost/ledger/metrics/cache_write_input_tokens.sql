-- title: Cache writes
-- kind: tokens
-- meaning: input written to the provider's cache, for five minutes or an hour
-- additive: yes
list_sum([
    sum(cache_write_5m_tokens),
    sum(cache_write_1h_tokens)
])
