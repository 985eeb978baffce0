"""A price list from text, and rows rated with it."""

from datetime import datetime
from functools import cache

import duckdb
import pytest
from tests.inserting import METERED_CALL, insert

from llmcost.ledger import migrations
from llmcost.pricing.layers import merge
from llmcost.pricing.price_file import read_price_file
from llmcost.pricing.price_list import load_price_list
from llmcost.pricing.rating import prepare_rates, rated_select

DERIVED = {
    *("model", "input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "reasoning_cost", "audio_cost"),
    *("image_cost", "unit_cost", "cost", "list_value", "cost_status", "cost_reason", "price_id", "match_kind"),
}
REQUIRED = {
    **METERED_CALL,
    "source": "test",
    "issuer": "test",
    "started_at": datetime(2026, 3, 2, 12, 0),  # noqa: DTZ001 - the ledger holds naive UTC; a Monday
}


@cache
def columns():
    """Name and type of every column rating is given."""
    connection = duckdb.connect()
    for migration in migrations.known():
        connection.execute(migration.sql)
    described = connection.execute("describe request").fetchall()
    return {name: kind for name, kind, *_ in described if name not in DERIVED}


def fill(connection, rows):
    declared = ", ".join(f"{name} {kind}" for name, kind in columns().items())
    connection.execute(f"create or replace temp table staged ({declared})")
    insert(connection, "staged", [{**REQUIRED, **row} for row in rows])


@cache
def _instance(threads):
    """DuckDB with so many threads; making one takes as long as rating a row."""
    connection = duckdb.connect()
    connection.execute(f"set threads = {threads}")
    return connection


def rate_all(prices, rows, *, threads=1):
    """Rows as dictionaries, in the order given, with everything rating adds."""
    with _instance(threads).cursor() as connection:
        fill(connection, [{"request_id": f"{index:06}", **row} for index, row in enumerate(rows)])
        prepare_rates(connection, "staged", prices)
        result = connection.execute(f"select * from ({rated_select('staged')}) order by request_id, row_key")
        names = [column[0] for column in result.description]
        return [dict(zip(names, values, strict=True)) for values in result.fetchall()]


@pytest.fixture
def price_list(tmp_path):
    """A price list whose lowest layer is the given text, with further layers above."""

    def load(text, *layers):
        paths = []
        for index, layer in enumerate((text, *layers)):
            paths.append(tmp_path / f"layer{index}.yaml")
            paths[-1].write_text(f"schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-21\n{layer}")
        return merge([read_price_file(path) for path in paths])

    return load


@pytest.fixture(scope="session")
def built_in():
    return load_price_list()


@pytest.fixture(scope="session", name="rate_all")
def rate_all_fixture():
    """Rate several rows at once."""
    return rate_all


@pytest.fixture
def rate():
    """Rate one row."""

    def one(prices, **row):
        return rate_all(prices, [row])[0]

    return one
