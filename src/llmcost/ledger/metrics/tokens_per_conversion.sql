-- title: Tokens per conversion
-- kind: number
-- meaning: input and output tokens ÷ conversions; null below 5 conversions
-- additive: no
-- minimum: 5
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
/
{conversions}
