-- title: Audio seconds
-- kind: number
-- meaning: seconds of audio heard or spoken
-- additive: yes
sum(audio_seconds)
