-- title: Drift %
-- kind: percent
-- meaning: drift ÷ the cost of the requests it is taken over
-- additive: no
sum(claimed_cost - held_cost) filter (where charge_basis is distinct from 'subscription')
/
sum(case when claimed_cost is not null then held_cost end) filter (where charge_basis is distinct from 'subscription')
