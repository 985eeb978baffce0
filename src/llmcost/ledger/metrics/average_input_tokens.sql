-- title: Input per request
-- kind: number
-- meaning: input tokens ÷ requests
-- additive: no
list_sum([
    sum(uncached_input_tokens),
    sum(cache_read_tokens),
    sum(cache_write_5m_tokens),
    sum(cache_write_1h_tokens),
    sum(input_audio_tokens),
    sum(cache_read_audio_tokens),
    sum(input_image_tokens)
])
/
sum(calls)
