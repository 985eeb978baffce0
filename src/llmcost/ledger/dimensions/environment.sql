-- title: Environment
-- kind: text
-- meaning: where the caller ran: production, staging, ...
environment
