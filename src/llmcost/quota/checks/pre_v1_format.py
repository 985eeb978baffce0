"""A rule written the way it was before TrueFoundry's V1.

`segments:` and the prefix `serviceaccount:` are no longer read.

Fix: write `when: {subjects: ["virtualaccount:NAME"]}`.
"""

from llmcost.quota.check import Check

check = Check(code="QD603", severity="warning")
