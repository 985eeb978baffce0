"""Commands for people who work on llmcost; none of them is installed."""
