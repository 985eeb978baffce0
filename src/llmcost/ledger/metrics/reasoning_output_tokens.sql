-- title: Reasoning
-- kind: tokens
-- meaning: output spent on reasoning
-- additive: yes
sum(reasoning_tokens)
