-- title: Image output
-- kind: tokens
-- meaning: image output
-- additive: yes
sum(output_image_tokens)
