"""The DuckDB file: schema, open, migrate, dimensions, metrics, queries."""
