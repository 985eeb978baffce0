"""Dashboards: one file each; the file name is the id users type, and its `dashboard` says what is on it."""
