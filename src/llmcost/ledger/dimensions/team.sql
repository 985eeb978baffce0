-- title: Team
-- kind: text
-- meaning: the team that made the request
team
