-- title: User
-- kind: text
-- meaning: the person or account the request was made for
user_id
