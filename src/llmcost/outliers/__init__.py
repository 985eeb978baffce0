"""Where money is spent for nothing, and what ending it would save."""
