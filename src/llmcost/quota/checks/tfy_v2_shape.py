"""A TrueFoundry V2 manifest whose parts do not fit together.

`applies_to: {type: metadata}` needs the key to count by; types are written `per-user`, not `per_user`; a
`team-budget-config` needs `team_name` and cannot filter by team.

Fix: as the message says.
"""

from llmcost.quota.check import Check

check = Check(code="QS213", severity="error")
