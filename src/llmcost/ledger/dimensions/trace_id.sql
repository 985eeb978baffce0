-- title: Trace
-- kind: text
-- meaning: the trace the request is part of
trace_id
