"""Tables that were worked out in Python, as Parquet files."""

from collections.abc import Sequence
from pathlib import Path

from llmcost.ledger.database import connect
from llmcost.ledger.identifiers import quote_identifier, quote_literal


def write_parquet(path: Path, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[object]]) -> None:
    """Write rows to `path`; columns are names and types as DuckDB spells them, values what their text reads as."""
    declared = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in columns)
    lists = [[None if value is None else str(value) for value in column] for column in zip(*rows, strict=True)]
    values = ", ".join(f"unnest(?::varchar[])::{kind}" for _, kind in columns)
    with connect() as connection:
        connection.execute(f"create temp table written ({declared})")
        if rows:
            connection.execute(f"insert into written select {values}", lists)
        connection.execute(
            f"copy written to {quote_literal(str(path))} (format parquet, compression zstd, use_tmp_file false)"
        )
