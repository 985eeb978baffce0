-- title: Code sessions
-- kind: count
-- meaning: containers that ran code, counted once in each answer they served
-- additive: yes
sum(code_sessions)
