-- title: Citation tokens
-- kind: tokens
-- meaning: tokens the provider's own search read on top of the prompt
-- additive: yes
sum(citation_tokens)
