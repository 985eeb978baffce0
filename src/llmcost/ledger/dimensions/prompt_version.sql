-- title: Prompt version
-- kind: text
-- meaning: the version of the prompt template
prompt_version
