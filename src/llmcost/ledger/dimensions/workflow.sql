-- title: Workflow
-- kind: text
-- meaning: the workflow or agent the request belongs to
workflow
