-- title: Price
-- kind: text
-- meaning: the price the request was rated with
price_id
