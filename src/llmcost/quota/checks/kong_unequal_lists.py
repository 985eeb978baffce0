"""Kong's `limit` and `window_size` have different lengths.

They are parallel lists: the first limit belongs to the first window. Kong refuses the plugin when one is longer.

Fix: give every limit its window.
"""

from llmcost.quota.check import Check

check = Check(code="QS214", severity="error")
