-- title: Source
-- kind: text
-- meaning: the kind of log the request was read from
source
