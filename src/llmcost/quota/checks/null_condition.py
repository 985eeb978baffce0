"""A condition says nothing.

`when:` without a value is null. Whether a gateway takes that for `{}`, which matches every request, or refuses it is not
written anywhere; nor is what equals a value of metadata that is left empty or `null`.

Fix: write `when: {}` if every request is meant, and quotes around a value that is text.
"""

from llmcost.quota.check import Check

check = Check(code="QY105", severity="warning")
