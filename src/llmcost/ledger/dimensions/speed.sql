-- title: Speed
-- kind: text
-- meaning: the provider's speed mode, such as fast
speed
