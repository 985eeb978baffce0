-- title: Prompt
-- kind: text
-- meaning: the name of the prompt template
prompt_name
