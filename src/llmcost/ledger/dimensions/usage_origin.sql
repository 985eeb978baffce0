-- title: Usage origin
-- kind: text
-- meaning: how the tokens are known: billed, tokenizer, estimate or unknown
usage_origin
