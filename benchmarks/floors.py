"""What is measured against: the same work by DuckDB alone, each in a process of its own like the command beside it.

python benchmarks/floors.py ingest litellm LOG DATABASE
"""

import json
import sys
from collections.abc import Callable

MEMORY_LIMIT = "700MB"
"""What llmcost gives DuckDB."""

_LITELLM = {
    "request_id": "varchar",
    "call_type": "varchar",
    "api_key": "varchar",
    "spend": "double",
    "prompt_tokens": "bigint",
    "completion_tokens": "bigint",
    "startTime": "timestamp",
    "endTime": "timestamp",
    "completionStartTime": "timestamp",
    "model": "varchar",
    "model_group": "varchar",
    "custom_llm_provider": "varchar",
    "user": "varchar",
    "end_user": "varchar",
    "team_id": "varchar",
    "organization_id": "varchar",
    "session_id": "varchar",
    "status": "varchar",
    "cache_hit": "varchar",
    "request_duration_ms": "bigint",
    "request_tags": "json",
    "metadata": "json",
}
_MIXED = _LITELLM | {
    "id": "varchar",
    "object": "varchar",
    "created": "bigint",
    "created_at": "bigint",
    "completed_at": "bigint",
    "service_tier": "varchar",
    "usage": "json",
    "output": "json",
    "ts": "timestamp",
    "latency_ms": "double",
    "feature": "varchar",
    "request": "json",
    "response": "json",
}
COLUMNS = {"litellm": _LITELLM, "litellm-job-ids": _LITELLM, "mixed": _MIXED}

_INPUT = (
    "coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_5m_tokens, 0) "
    "+ coalesce(cache_write_1h_tokens, 0)"
)
_OUTPUT = "coalesce(output_text_tokens, 0) + coalesce(reasoning_tokens, 0)"
REPORTS = {
    "customer_id": "customer_id",
    "day,model": "strftime(started_at, '%Y-%m-%d') as day, model",
}
"""`--by` -> the same keys in SQL."""


def ingest(kind: str, log: str, database: str, order: str = "true") -> None:
    """Load a log into a new database file, nothing more; prints the lines loaded and how many are empty."""
    import duckdb

    columns = ", ".join(f"'{name}': '{type_}'" for name, type_ in COLUMNS[kind].items())
    with duckdb.connect(
        database, config={"memory_limit": MEMORY_LIMIT, "preserve_insertion_order": order}
    ) as connection:
        connection.execute(
            f"create table log as select * from read_json('{log}', format = 'newline_delimited', records = true, "
            f"ignore_errors = true, columns = {{{columns}}})"
        )
        given = f"coalesce({', '.join(name + '::varchar' for name in _identities(kind))})"
        counted = connection.execute(f"select count(*), count(*) filter ({given} is null) from log").fetchone() or ()
    print(json.dumps(dict(zip(("lines", "empty"), counted, strict=True))))


def report(by: str, ledger: str) -> None:
    """The numbers of `llmcost report --by ... --format json`, in SQL by hand."""
    print(json.dumps([dict(row) for row in _grouped(by, ledger)], indent=2))


def table(ledger: str) -> None:
    """The twenty costliest customers as a table in the terminal's manner."""
    from rich.console import Console
    from rich.table import Table

    shown = Table("Customer", "Cost", "Requests", "Input", "Output")
    for row in _grouped("customer_id", ledger)[:20]:
        shown.add_row(
            *(str(row[name]) for name in ("customer_id", "cost", "requests", "input_tokens", "output_tokens"))
        )
    Console().print(shown)


def rewrite(ledger: str) -> None:
    """Write every request of a ledger once more, nothing else; prints how many."""
    import duckdb

    with duckdb.connect(ledger, config={"memory_limit": MEMORY_LIMIT}) as connection:
        connection.execute("create table copy as select * from request limit 0")
        written = connection.execute("insert into copy select * from request").fetchone() or (0,)
    print(json.dumps({"rows": written[0]}))


def check(ledger: str) -> None:
    """What a ledger holds, to be compared with the log's own facts."""
    import duckdb

    with duckdb.connect(ledger, read_only=True) as connection:
        found = connection.execute(
            f"select count(*), count(distinct row_key), sum({_INPUT})::bigint, sum({_OUTPUT})::bigint, "
            "count(*) filter (cost is null), (select count(*) from reject) from request"
        ).fetchone()
    names = ("requests", "keys", "input_tokens", "output_tokens", "unpriced", "rejected")
    print(json.dumps(dict(zip(names, found or (), strict=True))))


def replay(ledger: str) -> None:
    """How many requests a limit of 30 a minute and user refuses, as plainly as Python can: every request, one by one."""
    from collections import defaultdict, deque

    import duckdb

    passed: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=30))
    refused = 0
    with duckdb.connect(ledger, read_only=True, config={"memory_limit": MEMORY_LIMIT}) as connection:
        rows = connection.execute("select epoch_us(started_at), user_id from request order by started_at, row_key")
        while piece := rows.fetchmany(20_000):
            for now, user in piece:
                last = passed[user]
                if len(last) == 30 and last[0] > now - 60_000_000:
                    refused += 1
                else:
                    last.append(now)
    print(json.dumps(refused))


def _grouped(by: str, ledger: str) -> list[dict[str, object]]:
    import duckdb

    with duckdb.connect(ledger, read_only=True, config={"memory_limit": MEMORY_LIMIT}) as connection:
        found = connection.execute(
            f"select {REPORTS[by]}, sum(cost)::varchar as cost, count(*) as requests, "
            f"count(*) filter (cost is null) as unpriced_requests, sum({_INPUT})::bigint as input_tokens, "
            f"sum({_OUTPUT})::bigint as output_tokens, sum(cache_read_tokens)::bigint as cache_read_input_tokens, "
            "sum(cache_write_5m_tokens)::bigint as cache_write_5m_input_tokens, "
            "sum(cache_write_1h_tokens)::bigint as cache_write_1h_input_tokens, "
            "sum(reasoning_tokens)::bigint as reasoning_output_tokens "
            "from request group by all order by sum(cost) desc nulls last"
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _identities(kind: str) -> list[str]:
    return ["request_id", "id", "response"] if kind == "mixed" else ["request_id"]


_FLOORS: dict[str, Callable[..., None]] = {
    "ingest": ingest,
    "report": report,
    "table": table,
    "rewrite": rewrite,
    "check": check,
    "replay": replay,
}

if __name__ == "__main__":
    _FLOORS[sys.argv[1]](*sys.argv[2:])
