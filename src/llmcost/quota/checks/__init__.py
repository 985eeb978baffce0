"""The checks: a module is one of them; its docstring is the page `llmcost quota explain` shows."""
