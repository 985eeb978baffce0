"""A subject that no caller ever is.

Subjects are `user:EMAIL`, `team:NAME` and `virtualaccount:NAME`. Without the prefix, with another one, or with a blank after
the colon (which makes it a mapping) the rule matches nobody and its limit is never applied.

Fix: write the prefix.
"""

from llmcost.quota.check import Check

check = Check(code="QS208", severity="error")
