-- title: Peak requests/min
-- kind: count
-- meaning: the most requests started in one minute
-- additive: no
-- peak: minute
sum(calls)
