-- title: Year
-- kind: date
-- meaning: the calendar year in the reporting time zone
-- grain: yes
-- text: strftime({key}, '%Y')
cast(date_trunc('year', local_time) as date)
