"""Tables of a warehouse for what `llmcost export` writes: the columns of `requests_v1` and of the price sheet.

Parquet types and how each warehouse reads them: Snowflake
(https://docs.snowflake.com/en/sql-reference/sql/copy-into-table), BigQuery
(https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-parquet), Redshift
(https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-copy-from-columnar.html).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from llmcost.ledger.requests_view import COLUMNS, Type

Dialect = Literal["snowflake", "bigquery", "redshift"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Warehouse:
    types: Mapping[Type, str]
    column_comment: str
    """Follows a column; empty where comments are statements of their own."""
    after: str
    """What follows the closing bracket: how the table is laid out."""
    table_comment: str
    load: str
    """How files are read into it."""


_LOAD_SNOWFLAKE = """\
-- Put the folder that `llmcost export requests --columns requests_v1 --partition day --output lake/` wrote on a stage:
--   put file://lake/day=*/requests.parquet @llmcost_stage auto_compress = false;
-- A day that is exported again replaces what was loaded of it.
create stage if not exists llmcost_stage file_format = (type = parquet);

begin;
delete from {table}
where to_date(started_at) between '2026-11-01' and '2026-11-30';
copy into {table}
from @llmcost_stage
pattern = '.*day=2026-11-.*[.]parquet'
file_format = (type = parquet)
match_by_column_name = case_insensitive
force = true;
commit;
"""
_LOAD_BIGQUERY = """\
-- Copy the folder that `llmcost export requests --columns requests_v1 --partition day --output lake/` wrote to a bucket.
-- A day that is exported again replaces what was loaded of it.
begin transaction;
delete from {table}
where date(started_at) between '2026-11-01' and '2026-11-30';
commit transaction;

load data into {table}
from files (
    format = 'PARQUET',
    uris = ['gs://YOUR-BUCKET/lake/day=2026-11-*/requests.parquet'],
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);
"""
_LOAD_REDSHIFT = """\
-- Copy the folder that `llmcost export requests --columns requests_v1 --partition day --output lake/` wrote to a bucket.
-- Columns are matched by their order, which is that of the export. A day that is exported again replaces what was loaded.
begin;
delete from {table}
where trunc(started_at) between '2026-11-01' and '2026-11-30';
copy {table}
from 's3://YOUR-BUCKET/lake/day=2026-11-'
iam_role default
format as parquet;
commit;
"""

_DECIMALS: Mapping[Type, str] = {"decimal(18,6)": "decimal(18, 6)", "decimal(18,12)": "decimal(18, 12)"}
_WAREHOUSES: Mapping[Dialect, _Warehouse] = {
    "snowflake": _Warehouse(
        types={
            "varchar": "varchar",
            "timestamp": "timestamp_ntz",
            "integer": "integer",
            "bigint": "bigint",
            "double": "double",
            "boolean": "boolean",
            **_DECIMALS,
        },
        column_comment=" comment '{meaning}'",
        after=" cluster by (to_date(started_at))",
        table_comment="comment on table {table} is '{meaning}';\n",
        load=_LOAD_SNOWFLAKE,
    ),
    "bigquery": _Warehouse(
        types={
            "varchar": "string",
            "timestamp": "datetime",
            "integer": "int64",
            "bigint": "int64",
            "double": "float64",
            "boolean": "bool",
            "decimal(18,6)": "numeric",
            "decimal(18,12)": "bignumeric(18, 12)",
        },
        column_comment=' options (description = "{meaning}")',
        after="\npartition by date(started_at)\ncluster by provider, model, customer_id",
        table_comment='alter table {table} set options (description = "{meaning}");\n',
        load=_LOAD_BIGQUERY,
    ),
    "redshift": _Warehouse(
        types={
            "varchar": "varchar(65535)",
            "timestamp": "timestamp",
            "integer": "integer",
            "bigint": "bigint",
            "double": "double precision",
            "boolean": "boolean",
            **_DECIMALS,
        },
        column_comment="",
        after="\nsortkey (started_at)",
        table_comment="comment on table {table} is '{meaning}';\n",
        load=_LOAD_REDSHIFT,
    ),
}
_MEANING = "One row for each LLM call, as llmcost export requests --columns requests_v1 writes it; times are UTC"


def ddl(dialect: Dialect, table: str = "llmcost_requests") -> str:
    """The script that makes the table, says what its columns are, and loads it; `table` is taken as it is."""
    warehouse = _WAREHOUSES[dialect]
    width = max(len(column.name) for column in COLUMNS)
    lines = [
        f"    {column.name:<{width}} {warehouse.types[column.type]}"
        + warehouse.column_comment.format(meaning=_quoted(dialect, column.meaning))
        for column in COLUMNS
    ]
    comments = (
        ""
        if warehouse.column_comment
        else "".join(
            f"comment on column {table}.{column.name} is '{_quoted(dialect, column.meaning)}';\n" for column in COLUMNS
        )
    )
    return (
        f"-- The columns of requests_v1 in {_NAMES[dialect]}; written by `llmcost export ddl --dialect {dialect}`.\n"
        f"create table if not exists {table} (\n" + ",\n".join(lines) + f"\n){warehouse.after};\n\n"
        f"{warehouse.table_comment.format(table=table, meaning=_MEANING)}{comments}\n{warehouse.load.format(table=table)}"
    )


_NAMES: Mapping[Dialect, str] = {"snowflake": "Snowflake", "bigquery": "BigQuery", "redshift": "Amazon Redshift"}


def _quoted(dialect: Dialect, text: str) -> str:
    if dialect == "bigquery":
        return text.replace("\\", "\\\\").replace('"', '\\"')
    return text.replace("'", "''")
