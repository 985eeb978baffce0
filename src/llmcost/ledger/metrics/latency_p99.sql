-- title: Latency p99
-- kind: duration
-- meaning: the 99th percentile of latency, interpolated, in milliseconds
-- additive: no
quantile_cont(latency_ms, 0.99) filter (where part = 0)
