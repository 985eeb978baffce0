-- title: Streamed
-- kind: text
-- meaning: whether the answer was streamed: true or false
cast(stream as varchar)
