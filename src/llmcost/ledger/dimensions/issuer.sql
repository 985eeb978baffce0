-- title: Issuer
-- kind: text
-- meaning: who issued the request id
issuer
