-- title: Latency p90
-- kind: duration
-- meaning: the 90th percentile of latency, interpolated, in milliseconds
-- additive: no
quantile_cont(latency_ms, 0.90) filter (where part = 0)
