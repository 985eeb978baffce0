-- title: Uncached input
-- kind: tokens
-- meaning: text input neither read from nor written to a cache
-- additive: yes
sum(uncached_input_tokens)
