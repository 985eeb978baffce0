-- title: Output
-- kind: tokens
-- meaning: all output tokens: text, reasoning, audio and image
-- additive: yes
list_sum([
    sum(output_text_tokens),
    sum(reasoning_tokens),
    sum(output_audio_tokens),
    sum(output_image_tokens)
])
