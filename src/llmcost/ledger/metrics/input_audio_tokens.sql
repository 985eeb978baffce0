-- title: Audio input
-- kind: tokens
-- meaning: audio input not read from a cache
-- additive: yes
sum(input_audio_tokens)
