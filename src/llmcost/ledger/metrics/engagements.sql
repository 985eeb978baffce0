-- title: Engagements
-- kind: number
-- meaning: the outcome `engagements`: uses of a feature; null where outcomes are not broken down so
-- additive: no
{engagements}
