"""What is exported is enough to work every cost out again, with nothing of ours but two files."""

import json
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest
from tests.exporting import chosen
from tests.ingesting import read

from llmcost.ledger.database import reading
from llmcost.ledger.exports import export_requests
from llmcost.pricing.price_sheet import price_sheet
from llmcost.render.price_sheet import sheet_file, sheet_text

COMPONENTS = (
    *("input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "reasoning_cost", "audio_cost", "image_cost"),
    "unit_cost",
)
# How the leaf quantities follow from the inclusive ones of a native record.
LEAVES = {
    "cache_read_tokens": lambda r: r("cache_read_input_tokens") - r("cache_read_audio_input_tokens"),
    "cache_read_audio_tokens": lambda r: r("cache_read_audio_input_tokens"),
    "cache_write_5m_tokens": lambda r: r("cache_write_5m_input_tokens"),
    "cache_write_1h_tokens": lambda r: r("cache_write_1h_input_tokens"),
    "reasoning_tokens": lambda r: r("reasoning_output_tokens"),
    "uncached_input_tokens": lambda r: (
        r("input_tokens")
        - r("cache_read_input_tokens")
        - r("cache_write_5m_input_tokens")
        - r("cache_write_1h_input_tokens")
        - r("input_audio_tokens")
        - r("input_image_tokens")
    ),
    "output_text_tokens": lambda r: (
        r("output_tokens") - r("reasoning_output_tokens") - r("output_audio_tokens") - r("output_image_tokens")
    ),
}


def _half_even(value):
    return Decimal(round(value * 10**12)).scaleb(-12)


def _cost(quantity, lines):
    """The components and the cost of a row, as docs/reference/requests-view.md says."""
    exact = dict.fromkeys(COMPONENTS, Fraction(0))
    timed = Fraction(0)
    for line in lines:
        used = Fraction(1) if line["quantity_column"] is None else Fraction(quantity(line["quantity_column"]))
        if used > 0:
            used = max(used, Fraction(line["minimum"]))
        amount = used * Fraction(line["unit_price"]) / line["per"]
        if line["quantity_column"] in {"audio_seconds", "video_seconds"}:
            timed += amount
        else:
            exact[line["component"]] += amount
    found = {name: _half_even(amount) for name, amount in exact.items()}
    found["unit_cost"] += _half_even(timed)
    return found, sum(found.values())


def _checked(ledger_path, folder, shape):
    """Compare every row of the Parquet with what the two files give; returns how many were compared."""
    with reading(ledger_path) as ledger:
        selection = chosen(ledger)
        export_requests(ledger, selection, folder / "requests.parquet", "parquet", shape)
        sheet = json.loads(sheet_text(price_sheet(ledger, selection), "json"))
    prices = {}
    for line in sheet["prices"]:
        prices.setdefault((line["price_list"], line["price_id"]), []).append(line)
    with duckdb.connect() as connection:
        cursor = connection.execute("select * from read_parquet($path)", {"path": str(folder / "requests.parquet")})
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    compared = 0
    for row in rows:
        if row["cost_status"] not in {"priced", "estimated"} or row.get("charge_basis") == "subscription":
            continue

        def stated(name, row=row):
            return row[name] or 0

        def quantity(name, row=row, stated=stated):
            return LEAVES[name](stated) if shape == "native" and name in LEAVES else row[name] or 0

        components, cost = _cost(quantity, prices[row["price_list"], row["price_id"]])
        assert cost == row["cost"], row
        assert components == {name: row[name] for name in COMPONENTS}, row
        compared += 1
    return compared


@pytest.mark.parametrize("shape", ["native", "requests_v1"])
def test_every_cost_follows_from_parquet_and_the_price_sheet(calls, tmp_path, shape):
    assert _checked(calls, tmp_path, shape) == 14 * 3


@pytest.mark.slow
def test_so_does_every_cost_of_the_sample_logs(tmp_path):
    read(tmp_path / "llmcost.duckdb", "examples/logs")

    assert _checked(tmp_path / "llmcost.duckdb", tmp_path, "requests_v1") > 20


def test_the_sheet_says_what_a_contract_took_off(calls):
    with reading(calls) as ledger:
        sheet = price_sheet(ledger, chosen(ledger))

    (line,) = [one for one in sheet if one.model == "agreed" and one.unit == "input"]
    assert line.list_price == Decimal("0.000003")
    assert line.unit_price == Decimal("0.000002629629")
    assert line.price_id.endswith("deal")
    assert not line.list_price_id.endswith("deal")


def test_the_sheet_as_parquet_has_the_prices_of_the_json(calls, tmp_path):
    with reading(calls) as ledger:
        sheet = price_sheet(ledger, chosen(ledger))
    sheet_file(sheet, tmp_path / "prices.parquet")

    with duckdb.connect() as connection:
        rows = connection.execute(
            "select price_id, unit, unit_price, per, minimum from read_parquet($path)",
            {"path": str(tmp_path / "prices.parquet")},
        ).fetchall()
    assert rows == [(line.price_id, line.unit, line.unit_price, line.per, line.minimum) for line in sheet]
    assert {(line.per, line.minimum) for line in sheet if line.unit == "audio_hour"} == {(3600, Decimal(10))}


def test_the_command_writes_the_sheet(cli, calls, tmp_path):
    run = cli("export", "prices", "--db", calls, "--where", "model=long")
    cli("export", "prices", "--db", calls, "--output", "prices.csv")
    cli("export", "prices", "--db", calls, "--output", "prices.parquet")

    # Two tiers, with prices for input and output; reasoning and images cost what text does.
    prices = json.loads(run.stdout)["prices"]
    assert {(line["price_id"], line["unit_price"]) for line in prices if line["unit"] == "input"} == {
        ("openai/long", "0.000001"),
        ("openai/long#above-1000", "0.000002"),
    }
    assert {line["charged_as"] for line in prices if line["unit"] == "reasoning"} == {"output"}
    with duckdb.connect() as connection:
        counts = [
            connection.execute(f"select count(*), count(distinct price_id) from '{tmp_path / name}'").fetchone()
            for name in ("prices.csv", "prices.parquet")
        ]
    assert counts[0] == counts[1]
