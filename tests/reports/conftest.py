"""A ledger small enough to add up by hand.

    id   part  start (UTC)        customer  model              input  output  cost
    r1   0     11-01 08:00:00     acme      gpt-5               1000     200  0.00325
    r2   0     11-01 22:30:00     acme      gpt-5              10000     600  1.234567891234   8000 of it read from a cache
    r2   1     11-01 22:30:00     acme      gpt-5                         10  0.01             a second pass of r2
    r3   0     11-01 23:30:00     globex    claude-sonnet-4-5    500      20  12.5             50 read, 100 + 50 written
    r4   0     11-02 10:00:00               claude-sonnet-4-5     10       5  0.000012         estimated
    r5   0     11-02 10:00:30     acme      gpt-x                700      70                   unpriced, 1.20 claimed
    r6   0     11-02 11:00:00     globex    gpt-5                             0                an error, free

Six requests cost 13.747829891234: acme 1.247817891234, globex 12.5, nobody 0.000012.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests import inserting
from tests.ingesting import temporary_ledger
from tests.inserting import METERED_CALL

from llmcost.ledger import database

_DEFAULTS = {
    **METERED_CALL,
    "source": "llmcost",
    "issuer": "openai",
    "cost_status": "priced",
}

_ROWS = (
    {
        "request_id": "r1",
        "started_at": "2026-11-01 08:00:00",
        "customer_id": "acme",
        "user_id": "u1",
        "provider": "openai",
        "model": "gpt-5",
        "tags": '{"region_code":"eu","model":"spoof","a/b~c":"x"}',
        "uncached_input_tokens": 1000,
        "output_text_tokens": 200,
        "cost": "0.00325",
        "latency_ms": 1000,
    },
    {
        "request_id": "r2",
        "started_at": "2026-11-01 22:30:00",
        "customer_id": "acme",
        "user_id": "u2",
        "provider": "openai",
        "model": "gpt-5",
        "tags": '{"region_code":"us"}',
        "uncached_input_tokens": 2000,
        "cache_read_tokens": 8000,
        "output_text_tokens": 500,
        "reasoning_tokens": 100,
        "cost": "1.234567891234",
        "latency_ms": 2000,
    },
    {
        "request_id": "r2",
        "part": 1,
        "started_at": "2026-11-01 22:30:00",
        "customer_id": "acme",
        "user_id": "u2",
        "provider": "openai",
        "model": "gpt-5",
        "tags": '{"region_code":"us"}',
        "output_text_tokens": 10,
        "cost": "0.01",
    },
    {
        "request_id": "r3",
        "started_at": "2026-11-01 23:30:00",
        "customer_id": "globex",
        "user_id": "u1",
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "tags": '{"region_code":"eu"}',
        "uncached_input_tokens": 300,
        "cache_read_tokens": 50,
        "cache_write_5m_tokens": 100,
        "cache_write_1h_tokens": 50,
        "output_text_tokens": 20,
        "cost": "12.5",
        "latency_ms": 3000,
    },
    {
        "request_id": "r4",
        "started_at": "2026-11-02 10:00:00",
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "uncached_input_tokens": 10,
        "output_text_tokens": 5,
        "cost": "0.000012",
        "cost_status": "estimated",
        "time_origin": "assumed",
    },
    {
        "request_id": "r5",
        "started_at": "2026-11-02 10:00:30",
        "customer_id": "acme",
        "provider": "openai",
        "model": "gpt-x",
        "uncached_input_tokens": 700,
        "output_text_tokens": 70,
        "cost_status": "unpriced",
        "reported_cost": "1.20",
    },
    {
        "request_id": "r6",
        "started_at": "2026-11-02 11:00:00",
        "customer_id": "globex",
        "provider": "openai",
        "model": "gpt-5",
        "status": "error",
        "http_status": 429,
        "cost": "0",
        "cost_status": "free",
    },
)


def _row(values: dict[str, Any]) -> dict[str, Any]:
    return {"started_at": datetime(2026, 11, 1, 8), **_DEFAULTS, **values}  # noqa: DTZ001


@pytest.fixture
def insert(ledger) -> Callable[..., None]:
    """Put one row into `request`: `insert(customer_id="acme", cost="1.5")`."""
    return lambda **values: inserting.insert(ledger, "request", [_row(values)])


@pytest.fixture
def insert_all(ledger) -> Callable[..., None]:
    """Put many into it at once: `insert_all([{"customer_id": "acme"}, ...])`."""
    return lambda rows: inserting.insert(ledger, "request", [_row(row) for row in rows])


@pytest.fixture
def small(ledger):
    """The ledger described above."""
    ledger.execute(f"attach '{_small_ledger()}' as small (read_only)")
    for table in ("request", "ingest", "price_list", "reject"):
        ledger.execute(f"insert into {table} from small.{table}")
    ledger.execute("detach small")
    return ledger


@cache
def _small_ledger() -> Path:
    """It, in a file of this process."""
    path = temporary_ledger("small")
    with database.writing(path) as ledger:
        inserting.insert(ledger, "request", [_row(row) for row in _ROWS])
        ledger.execute("insert into ingest values (1, '2026-11-20 00:00:00', '1.0', 'abcdef1234567890', '')")
        ledger.execute("insert into price_list values ('abcdef1234567890', '2026-11-19', '2026-11-20', '[]', ''::blob)")
        ledger.execute(
            "insert into reject values (1, 3, 'not json', 'aa', null), (2, 3, 'not json', 'aa', null), (1, 9, 'not json', 'bb', null)"
        )
    return path
