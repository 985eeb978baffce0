-- title: Month
-- kind: date
-- meaning: the calendar month in the reporting time zone
-- grain: yes
-- text: strftime({key}, '%Y-%m')
cast(date_trunc('month', local_time) as date)
