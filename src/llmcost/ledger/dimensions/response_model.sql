-- title: Answering model
-- kind: text
-- meaning: the model that answered, as logged
response_model
