-- title: Gateway cached
-- kind: text
-- meaning: whether the gateway answered from its own cache: true or false
cast(gateway_cached as varchar)
