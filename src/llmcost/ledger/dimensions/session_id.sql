-- title: Session
-- kind: text
-- meaning: the conversation or thread
session_id
