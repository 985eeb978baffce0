-- title: Audio cost
-- kind: money
-- meaning: the part of cost that paid for audio input and output
-- additive: yes
sum(audio_cost)
