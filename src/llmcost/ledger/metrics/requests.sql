-- title: Requests
-- kind: count
-- meaning: provider calls, failed and free ones included
-- additive: yes
sum(calls)
