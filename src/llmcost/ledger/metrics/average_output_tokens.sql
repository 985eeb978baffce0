-- title: Output per request
-- kind: number
-- meaning: output tokens ÷ requests
-- additive: no
list_sum([
    sum(output_text_tokens),
    sum(reasoning_tokens),
    sum(output_audio_tokens),
    sum(output_image_tokens)
])
/
sum(calls)
