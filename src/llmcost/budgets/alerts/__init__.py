"""Alert rules: what is watched, whether it fires, and who is told."""
