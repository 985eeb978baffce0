-- title: Image input
-- kind: tokens
-- meaning: image input
-- additive: yes
sum(input_image_tokens)
