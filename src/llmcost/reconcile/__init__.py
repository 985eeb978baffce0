"""Our numbers against the provider's bill."""
