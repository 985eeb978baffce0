"""A value of the wrong type: text where a number is needed, a fraction where a count is.

`limit_to: "1000"` and `limit_to: 1,000` are text. Some parsers convert, some refuse, some compare text with numbers.

Fix: write a plain number.
"""

from llmcost.quota.check import Check

check = Check(code="QS206", severity="error")
