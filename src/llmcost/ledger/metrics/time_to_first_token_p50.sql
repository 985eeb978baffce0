-- title: First token p50
-- kind: duration
-- meaning: the 50th percentile of the time to the first token, interpolated, in milliseconds
-- additive: no
quantile_cont(time_to_first_token_ms, 0.50) filter (where part = 0)
