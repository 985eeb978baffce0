"""A number that YAML parsers read differently.

YAML 1.1, which PyYAML and so most gateways use, reads `05000` as the octal number 2560, `1:30` as 90 and `1e5` as text. YAML
1.2 reads 5000, text and 100000. A limit should not depend on a parser.

Fix: write the number in plain digits. The fix offered writes what YAML 1.1 reads, which may not be what was meant.
"""

from llmcost.quota.check import Check

check = Check(code="QY103", severity="error")
