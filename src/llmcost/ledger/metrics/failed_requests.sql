-- title: Failed
-- kind: count
-- meaning: requests with status error
-- additive: yes
sum(case when status = 'error' then calls when status is not null then 0 end)
