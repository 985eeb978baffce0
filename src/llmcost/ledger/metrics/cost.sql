-- title: Cost
-- kind: money
-- meaning: what the requests cost; null where no request of the group has a known cost
-- additive: yes
sum(cost)
