"""llmcost.yaml and the YAML loader that keeps line and column."""
