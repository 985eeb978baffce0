-- title: Latency p50
-- kind: duration
-- meaning: the 50th percentile of latency, interpolated, in milliseconds
-- additive: no
quantile_cont(latency_ms, 0.50) filter (where part = 0)
