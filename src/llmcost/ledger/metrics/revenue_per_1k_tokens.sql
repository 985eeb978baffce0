-- title: Revenue per 1k tokens
-- kind: money
-- meaning: revenue ÷ thousand input and output tokens; null below 1,000 tokens
-- additive: no
-- minimum: 1000
-- times: 1000
{revenue}
/
list_sum([
    sum(uncached_input_tokens),
    sum(cache_read_tokens),
    sum(cache_write_5m_tokens),
    sum(cache_write_1h_tokens),
    sum(input_audio_tokens),
    sum(cache_read_audio_tokens),
    sum(input_image_tokens),
    sum(output_text_tokens),
    sum(reasoning_tokens),
    sum(output_audio_tokens),
    sum(output_image_tokens)
])
