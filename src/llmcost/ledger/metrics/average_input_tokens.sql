-- title: Input per request
-- kind: number
-- meaning: input tokens ÷ requests, where requests are counted
-- additive: no
list_sum([
    sum(uncached_input_tokens) filter (where calls is not null),
    sum(cache_read_tokens) filter (where calls is not null),
    sum(cache_write_5m_tokens) filter (where calls is not null),
    sum(cache_write_1h_tokens) filter (where calls is not null),
    sum(input_audio_tokens) filter (where calls is not null),
    sum(cache_read_audio_tokens) filter (where calls is not null),
    sum(input_image_tokens) filter (where calls is not null)
])
/
sum(calls)
