-- title: Business unit
-- kind: text
-- meaning: the cost centre or department
business_unit
