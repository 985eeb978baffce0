"""A key nobody reads.

TrueFoundry's own models let unknown keys pass. `when: {modles: [...]}` is accepted, the condition is gone, and the rule
matches every model: more than intended, without a word. In our own `limits:` it is also a column that no request has.

Fix: mend the spelling, or delete the key.
"""

from llmcost.quota.check import Check

check = Check(code="QS203", severity="error")
