-- title: Error rate
-- kind: percent
-- meaning: requests with status error ÷ requests
-- additive: no
sum(case when status = 'error' then calls when status is not null then 0 end)
/
sum(calls)
