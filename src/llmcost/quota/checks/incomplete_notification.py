"""An alert that reaches nobody.

A target needs a known type and `notification_channel`; `email` needs `to_emails` as well, `slack-bot` needs `channels`.

Fix: add what is missing. `slack` is called `slack-webhook` or `slack-bot`.
"""

from llmcost.quota.check import Check

check = Check(code="QS211", severity="error")
