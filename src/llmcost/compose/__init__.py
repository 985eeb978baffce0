"""What combines features: everything llmcost.yaml asks for in one go."""
