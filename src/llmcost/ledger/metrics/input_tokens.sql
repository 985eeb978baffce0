-- title: Input
-- kind: tokens
-- meaning: all input tokens: uncached, read from and written to a cache, audio and image
-- additive: yes
list_sum([
    sum(uncached_input_tokens),
    sum(cache_read_tokens),
    sum(cache_write_5m_tokens),
    sum(cache_write_1h_tokens),
    sum(input_audio_tokens),
    sum(cache_read_audio_tokens),
    sum(input_image_tokens)
])
