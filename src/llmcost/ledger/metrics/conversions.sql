-- title: Conversions
-- kind: number
-- meaning: the outcome `conversions`; null where outcomes are not broken down so
-- additive: no
{conversions}
