"""Rate limits and budgets of gateways: what their configs say, and what is wrong with them."""
