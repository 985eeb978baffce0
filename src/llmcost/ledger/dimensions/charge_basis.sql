-- title: Charge basis
-- kind: text
-- meaning: metered or subscription
charge_basis
