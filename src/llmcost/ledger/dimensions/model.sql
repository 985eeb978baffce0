-- title: Model
-- kind: text
-- meaning: the price-list id of the model; the logged name where no price matched
model
