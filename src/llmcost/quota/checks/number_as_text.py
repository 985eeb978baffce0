"""A number or a date stands where text is compared.

Metadata values are text. `tier: 1` is a number and never equals the text "1"; `version: 1.10` is even the number 1.1, and
`since: 2026-01-01` a date.

Fix: quote it.
"""

from llmcost.quota.check import Check

check = Check(code="QY104", severity="warning")
