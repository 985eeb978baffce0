-- title: First token p95
-- kind: duration
-- meaning: the 95th percentile of the time to the first token, interpolated, in milliseconds
-- additive: no
quantile_cont(time_to_first_token_ms, 0.95) filter (where part = 0)
