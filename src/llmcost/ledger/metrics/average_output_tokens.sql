-- title: Output per request
-- kind: number
-- meaning: output tokens ÷ requests, where requests are counted
-- additive: no
list_sum([
    sum(output_text_tokens) filter (where calls is not null),
    sum(reasoning_tokens) filter (where calls is not null),
    sum(output_audio_tokens) filter (where calls is not null),
    sum(output_image_tokens) filter (where calls is not null)
])
/
sum(calls)
