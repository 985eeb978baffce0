-- title: Audio output
-- kind: tokens
-- meaning: audio output
-- additive: yes
sum(output_audio_tokens)
