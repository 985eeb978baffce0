-- title: Drift
-- kind: money
-- meaning: reported cost − cost, over the metered requests that have both
-- additive: yes
sum(claimed_cost - cost) filter (where charge_basis is distinct from 'subscription')
