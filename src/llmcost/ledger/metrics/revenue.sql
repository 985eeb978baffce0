-- title: Revenue
-- kind: money
-- meaning: the outcome `revenue`: what customers paid; null where outcomes are not broken down so
-- additive: no
{revenue}
