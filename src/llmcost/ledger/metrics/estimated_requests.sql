-- title: Estimated
-- kind: count
-- meaning: requests whose cost rests on an estimate, if only of one pass billed apart
-- additive: yes
sum(estimated_calls)
