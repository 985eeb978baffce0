"""A condition says nothing.

`when:` without a value is null. Whether a gateway takes that for `{}`, which matches every request, or refuses it is not
written anywhere.

Fix: write `when: {}` if every request is meant.
"""

from llmcost.quota.check import Check

check = Check(code="QY105", severity="warning")
