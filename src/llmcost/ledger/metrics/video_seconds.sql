-- title: Video seconds
-- kind: number
-- meaning: seconds of video made
-- additive: yes
sum(video_seconds)
