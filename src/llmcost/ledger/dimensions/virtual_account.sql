-- title: Virtual account
-- kind: text
-- meaning: the gateway's virtual account or key name
virtual_account
