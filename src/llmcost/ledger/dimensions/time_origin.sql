-- title: Time origin
-- kind: text
-- meaning: log, or assumed where the log gave no time
time_origin
