"""`llmcost export ddl`: the table of a warehouse."""

import re
from typing import Annotated

import typer

from llmcost.cli.options import Output

_TABLE = re.compile(r"[\w$`\"-]+(\.[\w$`\"-]+){0,2}")


def register_export_command(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command("ddl")(ddl)


def ddl(
    *,
    dialect: Annotated[
        str, typer.Option("--dialect", metavar="NAME", help="snowflake, bigquery or redshift.", show_default=False)
    ],
    table: Annotated[
        str, typer.Option("--table", metavar="NAME", help="What the table is called.")
    ] = "llmcost_requests",
    output: Output = None,
) -> None:
    """Write the SQL for a table in a warehouse.

    It makes a table for the columns of requests_v1, says what they are, and loads exported files.
    """
    from llmcost.domain.errors import UsageError
    from llmcost.exports.ddl import DIALECTS
    from llmcost.exports.ddl import ddl as script
    from llmcost.render.output import write
    from llmcost.reports.choices import choice

    if not _TABLE.fullmatch(table):
        raise UsageError(f"--table {table!r} is not the name of a table", hint="such as analytics.llmcost_requests")
    write(script(choice("--dialect", dialect, DIALECTS), table), output)
