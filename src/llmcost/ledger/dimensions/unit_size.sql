-- title: Unit size
-- kind: text
-- meaning: what size of unit was billed, such as a search context of low or an image of 1024x1024 high
unit_size
