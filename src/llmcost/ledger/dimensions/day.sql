-- title: Day
-- kind: date
-- meaning: the calendar day in the reporting time zone
-- grain: yes
-- text: strftime({key}, '%Y-%m-%d')
cast(date_trunc('day', local_time) as date)
