"""Limits that would have fitted the past: drafted from it, tried on it, written as a config."""
