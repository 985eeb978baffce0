-- title: Latency p95
-- kind: duration
-- meaning: the 95th percentile of latency, interpolated, in milliseconds
-- additive: no
quantile_cont(latency_ms, 0.95) filter (where part = 0)
