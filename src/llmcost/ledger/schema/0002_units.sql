-- Quantities that are billed apart from tokens, and what size of unit was billed.
alter table request add column video_seconds decimal(18, 6);
alter table request add column file_searches bigint;
alter table request add column code_sessions bigint;   -- containers that ran code
alter table request add column map_searches bigint;    -- answers grounded in maps
alter table request add column citation_tokens bigint; -- read by the provider's own search, not part of the prompt
alter table request add column unit_size varchar;      -- low | medium | high, 1024x1024 high, 720p, ...
