"""The dialects: a module is one way to write limits, and only builds `Limit`s and tells what its shape forbids."""
