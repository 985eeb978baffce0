-- title: Quarter
-- kind: date
-- meaning: the calendar quarter in the reporting time zone
-- grain: yes
-- text: strftime({key}, '%Y-Q') || quarter({key})
cast(date_trunc('quarter', local_time) as date)
