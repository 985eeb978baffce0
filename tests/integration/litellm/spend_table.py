"""For the proxy's own Python: a callback that keeps its spend rows in Postgres, and the database its endpoints then read.

A LiteLLM proxy speaks to Postgres through a compiled engine that is fetched from a server of its own when it is installed. Here
psycopg does that work: what is written is the row LiteLLM makes for its table, and the SQL that reads it is LiteLLM's as well.
"""

import json
import os
from datetime import UTC, datetime
from typing import Any

import psycopg
from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy import proxy_server
from litellm.proxy.spend_tracking.spend_tracking_utils import get_logging_payload
from psycopg.rows import dict_row

DATABASE = os.environ["SPEND_DATABASE"]
TABLE = "LiteLLM_SpendLogs"
COMPARED = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}


async def rows_of(sql: str, *values: Any) -> list[dict[str, Any]]:
    """Rows of a query with `$1` placeholders."""
    async with await psycopg.AsyncConnection.connect(DATABASE, autocommit=True) as connection:
        cursor = psycopg.AsyncRawCursor(connection, row_factory=dict_row)
        await cursor.execute(sql, values)
        found: list[dict[str, Any]] = await cursor.fetchall()
        return found


class SpendRow(dict[str, Any]):
    """A row whose columns are attributes too, as the endpoints expect."""

    __getattr__ = dict.__getitem__

    def model_dump(self, **_: Any) -> dict[str, Any]:
        return dict(self)


class SpendLogs:
    """What the endpoints ask of the table itself."""

    async def find_many(self, where: dict[str, Any] | None = None, order: Any = None, **_: Any) -> list[SpendRow]:
        values: list[Any] = []
        conditions = []
        for column, wanted in (where or {}).items():
            for operator, value in wanted.items() if isinstance(wanted, dict) else [("equals", wanted)]:
                values.append(
                    datetime.fromisoformat(value) if column.endswith("Time") and isinstance(value, str) else value
                )
                conditions.append(f'"{column}" {COMPARED.get(operator, "=")} ${len(values)}')
        sql = f'select * from "{TABLE}"' + (" where " + " and ".join(conditions) if conditions else "")
        if order:
            ((column, direction),) = order.items()
            sql += f' order by "{column}" {direction}'
        return [SpendRow(row) for row in await rows_of(sql, *values)]

    async def count(self, where: dict[str, Any] | None = None) -> int:
        return len(await self.find_many(where))


class Nothing:
    """Any other table is empty, and anything else asked of a database comes to nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        async def nothing(*_: Any, **__: Any) -> Any:
            return [] if name == "find_many" else 0 if name == "count" else None

        return nothing


class Tables:
    """The database as the endpoints know it."""

    litellm_spendlogs = SpendLogs()

    async def query_raw(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        return await rows_of(sql, *values)

    def __getattr__(self, name: str) -> Nothing:
        return Nothing()


class Database(Nothing):
    db = Tables()


class SpendWriter(CustomLogger):  # type: ignore[misc]  # known only to the proxy's own Python
    """Writes the row LiteLLM would have written."""

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        await self._write(kwargs, response_obj, start_time, end_time)

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:  # noqa: ARG002  named by the caller
        standard = kwargs.get("standard_logging_object") or {}
        metadata = kwargs.setdefault("litellm_params", {}).setdefault("metadata", {})
        metadata["status"] = "failure"
        metadata["error_information"] = standard.get("error_information")
        ended = end_time or datetime.now(UTC)
        await self._write({**kwargs, "completion_start_time": ended}, {}, start_time, ended)

    async def _write(self, kwargs: Any, response: Any, start_time: Any, end_time: Any) -> None:
        payload = dict(
            get_logging_payload(kwargs=kwargs, response_obj=response, start_time=start_time, end_time=end_time)
        )
        columns = {
            row["column_name"]: row["data_type"]
            for row in await rows_of(
                "select column_name, data_type from information_schema.columns where table_name = $1", TABLE
            )
        }
        row = {
            name: json.dumps(value, default=str) if columns[name] == "jsonb" and not isinstance(value, str) else value
            for name, value in payload.items()
            if name in columns
        }
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        await rows_of(
            f'insert into "{TABLE}" ({names}) values ({places}) on conflict do nothing returning request_id',
            *row.values(),
        )
        if proxy_server.prisma_client is None:
            proxy_server.prisma_client = Database()


writer = SpendWriter()
