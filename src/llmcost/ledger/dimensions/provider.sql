-- title: Provider
-- kind: text
-- meaning: who invoices the request
provider
