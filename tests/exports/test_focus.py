"""FOCUS charges: the ledger's cost to the last digit, and prices that multiply to what is said."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import pytest
from tests import hostile
from tests.exporting import chosen

from llmcost.domain.errors import UsageError
from llmcost.exports.focus import Layout, charges, left_out, write_parquet
from llmcost.exports.naming import publisher_sql
from llmcost.ledger.database import reading
from llmcost.pricing.charges import Charge
from llmcost.render.rows_csv import rows_csv

DECIMALS = re.compile(r"-?\d+\.\d{2,}")


def _charges(ledger, layout=None, **parts):
    names, rows = charges(ledger, chosen(ledger, **parts), layout or Layout())
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def found(calls):
    with reading(calls) as ledger:
        return _charges(ledger)


def test_what_was_billed_is_what_the_ledger_says(calls, found):
    with reading(calls) as ledger:
        (cost,) = ledger.execute("select sum(cost) from request").fetchone()

    assert sum(row["BilledCost"] for row in found) == cost
    assert all(row["EffectiveCost"] == row["BilledCost"] for row in found)


def test_price_times_quantity_is_the_cost(found):
    for row in found:
        assert row["ListUnitPrice"] * row["PricingQuantity"] == row["ListCost"]
        assert row["ContractedUnitPrice"] * row["PricingQuantity"] == row["ContractedCost"]
        assert abs(row["ContractedCost"] - row["BilledCost"]) < Decimal("0.0000000001")


def test_tokens_of_each_class_have_their_row(found):
    rows = {row["x_TokenType"]: row for row in found if row["RegionId"] == "us"}

    # 1000 input less 300 read from a cache, 7 + 9 written to it, 11 of audio and 13 of images; three such calls on one day.
    assert {unit: row["ConsumedQuantity"] / row["x_RequestCount"] for unit, row in rows.items()} == {
        "input": 660,
        "cache_read": 250,
        "cache_read_audio": 50,
        "cache_write_5m": 7,
        "cache_write_1h": 9,
        "input_audio": 11,
        "input_image": 13,
        "output": 280,
        "reasoning": 30,
        "output_audio": 40,
        "output_image": 50,
        "web_search": 3,
        "request": 1,
    }
    # 2 dollars a million, and a tenth more in that region.
    assert rows["input"]["ListUnitPrice"] == Decimal("0.0000022")
    assert rows["input"]["ListCost"] / rows["input"]["x_RequestCount"] == Decimal("0.001452")
    assert rows["web_search"]["ListUnitPrice"] == Decimal("0.01")
    assert rows["input"]["ConsumedUnit"] == "Tokens"
    assert rows["web_search"]["ConsumedUnit"] == "Searches"


def test_a_contract_makes_the_contracted_price_lower_than_the_published(found):
    row = next(row for row in found if row["x_Model"] == "agreed" and row["x_TokenType"] == "input")

    assert row["ListUnitPrice"] == Decimal("0.000003")
    assert row["ContractedUnitPrice"] == Decimal("0.000002629629")
    assert row["SkuPriceId"] == "anthropic/agreed/input"


def test_a_minimum_is_billed_and_what_was_used_is_consumed(found):
    rows = [row for row in found if row["x_TokenType"] == "audio_hour"]

    assert sum(row["ConsumedQuantity"] for row in rows) == 3 * Decimal("68.734567")
    assert sum(row["PricingQuantity"] for row in rows) == 3 * Decimal("81.234567")


def test_what_a_provider_billed_is_an_amount(found):
    rows = [row for row in found if row["x_CostStatus"] == "billed"]

    assert sum(row["BilledCost"] for row in rows) == 3 * Decimal("0.0123")
    assert {(row["PricingUnit"], row["ListUnitPrice"], row["ConsumedUnit"]) for row in rows} == {("USD", 1, "Tokens")}
    assert all(row["PricingQuantity"] == row["BilledCost"] for row in rows)


def test_prices_that_are_gone_leave_the_amounts(ledger):
    hostile.fill(ledger)
    ledger.execute("update request set input_cost = 0.250000000001, cost = 1.000000000001")
    rows = _charges(ledger)

    assert {row["x_TokenType"] for row in rows} == {"usage"}
    assert {row["BilledCost"] for row in rows} == {Decimal("1.000000000001")}
    assert {row["ListCost"] for row in rows} == {Decimal("1.000000000001")}


def test_what_is_no_charge_is_counted(calls):
    with reading(calls) as ledger:
        assert left_out(ledger, chosen(ledger)) == {"free": 3, "included in a subscription": 3, "unpriced": 3}


def test_groups_become_tags_and_periods_days_of_a_month(calls, found):
    assert {row["Tags"] for row in found} == {
        '{"customer_id":"acme","team":"search"}',
        '{"customer_id":"globex"}',
        None,
    }
    spans = {
        (row["ChargePeriodStart"], row["ChargePeriodEnd"], row["BillingPeriodStart"], row["BillingPeriodEnd"])
        for row in found
    }
    assert sorted(" ".join(f"{moment:%m-%dT%H}" for moment in span) for span in spans) == [
        "11-01T00 11-02T00 11-01T00 12-01T00",
        "11-02T00 11-03T00 11-01T00 12-01T00",
        "11-30T00 12-01T00 11-01T00 12-01T00",
    ]
    with reading(calls) as ledger:
        hours = _charges(ledger, Layout(grain="hour", tags=(), account="acme-1"))
    assert {row["Tags"] for row in hours} == {None}
    assert {row["BillingAccountId"] for row in hours} == {"acme-1"}
    assert {f"{row['ChargePeriodStart']:%H}-{row['ChargePeriodEnd']:%H}" for row in hours} == {
        "10-11",
        "23-00",
        "00-01",
    }
    assert sum(row["BilledCost"] for row in hours) == sum(row["BilledCost"] for row in found)


def test_what_no_call_causes_has_rows_of_its_own(calls, found):
    capacity = Charge(
        kind="commitment",
        name="ptu-1",
        provider="azure",
        first_day=date(2026, 11, 1),
        last_day=date(2026, 11, 30),
        grain="month",
        quantity=Decimal(720),
        unit="unit-hour",
        unit_price=Decimal("1.5"),
        amount=Decimal(1080),
    )
    day = {"grain": "day", "last_day": date(2026, 11, 1)}
    gift = replace(
        capacity, kind="credit", name="search", provider="google", unit="web_search", amount=Decimal(-7), **day
    )
    with reading(calls) as ledger:
        rows = _charges(ledger, Layout(beside=(capacity, gift)))

    assert rows[:-2] == found
    hours, credit = rows[-2:]
    assert (hours["ChargeCategory"], hours["BilledCost"], hours["ListUnitPrice"], hours["PricingQuantity"]) == (
        "Usage",
        1080,
        Decimal("1.5"),
        720,
    )
    assert hours["ListCost"] == hours["ContractedCost"] == 1080
    assert f"{hours['ChargePeriodStart']:%m-%d} {hours['ChargePeriodEnd']:%m-%d}" == "11-01 12-01"
    assert hours["PricingUnit"] == "Unit-Hours"
    assert (credit["ChargeCategory"], credit["BilledCost"], credit["ListCost"]) == ("Credit", -7, -7)
    assert {credit[name] for name in ("ListUnitPrice", "PricingQuantity", "ConsumedQuantity", "SkuId")} == {None}
    assert f"{credit['ChargePeriodEnd']:%m-%d}" == "11-02"


def test_the_command_adds_what_price_files_name_unless_it_is_about_some_calls(cli, calls, tmp_path):
    (tmp_path / "llmcost.yaml").write_text("pricing: [capacity.yaml]\n")
    (tmp_path / "capacity.yaml").write_text(
        "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-01-01\nprovisioned:\n"
        "  - {name: ptu-1, provider: azure, deployment: chat, units: 2, usd_per_unit_hour: 1, from: 2026-11-01}\n"
    )
    whole = cli("export", "focus", "--db", calls, "--period", "2026-11-01")
    some = cli("export", "focus", "--db", calls, "--period", "2026-11-01", "--where", "team=search")

    rows = list(csv.DictReader(io.StringIO(whole.stdout)))
    assert [row["BilledCost"] for row in rows if row["x_TokenType"] == "commitment"] == ["48.00"]
    assert "commitment" not in some.stdout
    assert whole.stderr.startswith("note: ")
    assert "left out, being no charge" in whole.stderr


def test_daily_exports_have_the_capacity_of_their_day(cli, calls, tmp_path):
    (tmp_path / "llmcost.yaml").write_text("pricing: [capacity.yaml]\n")
    (tmp_path / "capacity.yaml").write_text(
        "schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-01-01\nprovisioned:\n"
        "  - {name: ptu-1, provider: azure, deployment: chat, units: 2, usd_per_unit_hour: 1, from: 2026-11-01T18:00:00Z}\n"
        "self_hosted:\n"
        "  - {id: local/llama, gpus: 1, usd_per_gpu_hour: 3, tokens_per_gpu_hour: 1000, from: 2026-11-02}\n"
    )

    def charged(*period):
        written = cli("export", "focus", "--db", calls, *period).stdout
        return [
            (row["x_TokenType"], row["ChargePeriodStart"][:10], row["ChargePeriodEnd"][:10], row["BilledCost"])
            for row in csv.DictReader(io.StringIO(written))
            if row["x_TokenType"] in ("commitment", "idle")
        ]

    # 6 and 24 hours of 2 units at 1, and 24 idle hours at 3.
    first = [("commitment", "2026-11-01", "2026-11-02", "12.00")]
    second = [("commitment", "2026-11-02", "2026-11-03", "48.00")]
    assert charged("--period", "2026-11-01") == first
    assert charged("--period", "2026-11-02") == [("idle", "2026-11-02", "2026-11-03", "72.00"), *second]
    both = charged("--since", "2026-11-01", "--until", "2026-11-04")
    assert both == [
        *first,
        ("idle", "2026-11-02", "2026-11-04", "144.00"),
        *second,
        ("commitment", "2026-11-03", "2026-11-04", "48.00"),
    ]


def test_a_span_of_time_is_no_tag(calls):
    with reading(calls) as ledger, pytest.raises(UsageError, match="'day' is a span of time"):
        _charges(ledger, Layout(tags=("day",)))


def test_two_tags_of_one_name_are_refused(ledger):
    hostile.fill(ledger)
    with pytest.raises(UsageError, match="two tags would be called 'label'"):
        _charges(ledger, Layout(tags=("label", "tags.label")))


def test_csv_is_written_as_the_standard_says(calls, tmp_path):
    with reading(calls) as ledger:
        names, rows = charges(ledger, chosen(ledger), Layout())
        assert rows_csv(names, rows, tmp_path / "focus.csv") > 0

    with (tmp_path / "focus.csv").open(newline="", encoding="utf-8") as source:
        records = list(csv.DictReader(source))
    for record in records:
        for name in names:
            if name.endswith(("Cost", "Price", "Quantity")) and record[name]:
                assert DECIMALS.fullmatch(record[name]), name
            if name.endswith(("Start", "End")):
                assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:00:00Z", record[name]), name
        assert Decimal(record["ListUnitPrice"]) * Decimal(record["PricingQuantity"]) == Decimal(record["ListCost"])


def test_parquet_has_the_rows_of_the_csv(calls, found, tmp_path):
    with reading(calls) as ledger:
        assert write_parquet(ledger, chosen(ledger), Layout(), tmp_path / "focus.parquet") == len(found)

    with duckdb.connect() as connection:
        cursor = connection.execute("select * from read_parquet($path)", {"path": str(tmp_path / "focus.parquet")})
        assert [column[0] for column in cursor.description] == list(found[0])
        assert cursor.fetchall() == [tuple(row.values()) for row in found]
        kinds = {
            name: kind
            for name, kind, *_ in connection.execute(
                "describe select * from read_parquet($path)", {"path": str(tmp_path / "focus.parquet")}
            ).fetchall()
        }
    # The places of a product are those of what is multiplied: nothing is rounded on the way.
    assert [
        kinds[name] for name in ("BilledCost", "PricingQuantity", "ListUnitPrice", "ListCost", "ContractedCost")
    ] == [
        "DECIMAL(38,12)",
        "DECIMAL(38,12)",
        "DECIMAL(38,18)",
        "DECIMAL(38,30)",
        "DECIMAL(38,30)",
    ]
    assert kinds["ChargePeriodStart"] == "TIMESTAMP"


def test_no_name_becomes_a_formula_or_a_line_of_the_csv(ledger, tmp_path):
    hostile.fill(ledger)
    layout = Layout(tags=(*hostile.DIMENSIONS, "label"))
    names, rows = charges(ledger, chosen(ledger), layout)
    count = rows_csv(names, rows, tmp_path / "focus.csv")

    usual = csv.field_size_limit(2**24)
    with (tmp_path / "focus.csv").open(newline="", encoding="utf-8") as source:
        records = list(csv.reader(source))
    csv.field_size_limit(usual)
    assert count == len(hostile.NAMES)
    assert {len(record) for record in records} == {len(names)}
    for record in records:
        for cell in record:
            assert not hostile.COMMANDS.search(cell)
            assert not hostile.FORMULA.search(cell)
    tags = [json.loads(record[names.index("Tags")]) for record in records[1:]]
    for key in layout.tags:
        assert {tag[key] for tag in tags} == set(hostile.NAMES.values())


@pytest.mark.parametrize(
    ("model", "publisher"),
    [
        ("claude-opus-4", "Anthropic"),
        ("us.anthropic.claude-opus-4-v1:0", "Anthropic"),
        ("meta-llama/llama-4-scout", "Meta"),
        ("gpt-5", "OpenAI"),
        ("o3-mini", "OpenAI"),
        ("somebody/else-7b", "OpenRouter"),
    ],
)
def test_the_publisher_is_who_made_the_model(ledger, model, publisher):
    expression = publisher_sql("'openrouter'", "$model::varchar")

    assert ledger.execute(f"select {expression}", {"model": model}).fetchone() == (publisher,)
