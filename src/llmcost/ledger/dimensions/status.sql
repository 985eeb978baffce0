-- title: Status
-- kind: text
-- meaning: ok, error, blocked, cancelled or incomplete
status
