-- title: Output per second
-- kind: rate
-- meaning: output tokens ÷ seconds of latency, over the requests that logged a latency
-- additive: no
list_sum([
    sum(output_text_tokens) filter (where latency_ms > 0),
    sum(reasoning_tokens) filter (where latency_ms > 0),
    sum(output_audio_tokens) filter (where latency_ms > 0),
    sum(output_image_tokens) filter (where latency_ms > 0)
])
/
sum(latency_ms) filter (where latency_ms > 0 and part = 0) / 1000
