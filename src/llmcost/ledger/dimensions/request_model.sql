-- title: Requested model
-- kind: text
-- meaning: the model asked for, as logged
request_model
