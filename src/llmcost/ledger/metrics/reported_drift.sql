-- title: Drift
-- kind: money
-- meaning: reported cost − cost, over the metered requests that have both; the claim for a call is held against all its passes
-- additive: yes
sum(claimed_cost - held_cost) filter (where charge_basis is distinct from 'subscription')
