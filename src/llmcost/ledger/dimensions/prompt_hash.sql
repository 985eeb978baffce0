-- title: Prompt hash
-- kind: text
-- meaning: the salted hash of the prompt
prompt_hash
