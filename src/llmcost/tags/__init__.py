"""Tag hygiene: which tags requests carry, what is wrong with them, and how much of the spend they attribute."""
