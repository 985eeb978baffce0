"""One module for each thing that can be wrong with tags; the docstring is what users read of it."""
