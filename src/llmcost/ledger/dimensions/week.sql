-- title: Week
-- kind: date
-- meaning: the ISO week in the reporting time zone
-- grain: yes
-- text: strftime({key}, '%G-W%V')
cast(date_trunc('week', local_time) as date)
