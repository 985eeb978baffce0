-- A line of a bill may be more than a million.
alter table usage_bucket alter column input_cost type decimal(24, 12);
alter table usage_bucket alter column cache_read_cost type decimal(24, 12);
alter table usage_bucket alter column cache_write_cost type decimal(24, 12);
alter table usage_bucket alter column output_cost type decimal(24, 12);
alter table usage_bucket alter column reasoning_cost type decimal(24, 12);
alter table usage_bucket alter column audio_cost type decimal(24, 12);
alter table usage_bucket alter column image_cost type decimal(24, 12);
alter table usage_bucket alter column unit_cost type decimal(24, 12);
alter table usage_bucket alter column cost type decimal(24, 12);
alter table usage_bucket alter column list_value type decimal(24, 12);
alter table usage_bucket alter column billed_cost type decimal(24, 12);
alter table usage_bucket alter column reported_cost type decimal(24, 12);
