-- title: Cache reads
-- kind: tokens
-- meaning: input read from the provider's cache
-- additive: yes
list_sum([
    sum(cache_read_tokens),
    sum(cache_read_audio_tokens)
])
