"""Refreshing prices from public catalogues: read, convert to our entries, compare, and write what is agreed.

An entry is the raw value of one model in a price file: `match` and `prices`, every number as text. Both converters yield
entries by id (`provider/name`), so that two catalogues and our own list can be laid side by side.
"""
