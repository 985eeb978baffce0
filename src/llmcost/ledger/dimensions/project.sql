-- title: Project
-- kind: text
-- meaning: the provider's or gateway's project or workspace
project
