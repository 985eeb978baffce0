-- title: Hour
-- kind: date
-- meaning: the hour in the reporting time zone, with its offset from UTC
-- grain: yes
-- text: strftime({key} + {offset}, '%Y-%m-%dT%H:00') || {suffix}
greatest(date_trunc('hour', local_time) - utc_offset, offset_since)
