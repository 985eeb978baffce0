-- title: Service tier
-- kind: text
-- meaning: the provider's price class of the request
service_tier
