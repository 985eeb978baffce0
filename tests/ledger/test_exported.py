"""What exports charge for, by the days their exporters count."""

from datetime import date
from decimal import Decimal

import pytest
from tests.ingesting import read

from llmcost.ledger.database import reading
from llmcost.ledger.exported import exported_charges


def charged(tmp_path, since, until):
    """The days, and the amount, of a charge of a bill for this period."""
    head = "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ServiceName,ProviderName"
    (tmp_path / "focus.csv").write_text(f"{head}\n3,USD,Usage,{since},{until},OpenAI API,OpenAI\n")
    read(tmp_path / "ledger", tmp_path / "focus.csv")
    with reading(tmp_path / "ledger") as connection:
        return [(charge.since.day, charge.until.day, charge.amount) for charge in exported_charges(connection)]


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z", (2, 3)),
        ("2026-11-02T00:00:00+08:00", "2026-11-03T00:00:00+08:00", (2, 3)),
        ("2026-11-02T00:00:00-08:00", "2026-11-03T00:00:00-08:00", (2, 3)),
        ("2026-11-01T00:00:00-07:00", "2026-11-02T00:00:00-08:00", (1, 2)),
        ("2026-11-02T23:00:00Z", "2026-11-03T00:00:00Z", (2, 3)),
        ("2026-11-02T00:00:00Z", "2026-11-05T00:00:00Z", (2, 5)),
    ],
    ids=["utc", "east", "west", "clocks-go-back", "hour", "three-days"],
)
def test_a_charge_is_of_the_days_of_its_exporter(tmp_path, since, until, days):
    assert charged(tmp_path, since, until) == [(*days, Decimal(3))]


def test_a_day_that_begins_at_a_midnight_in_the_east_is_named_as_in_the_file(tmp_path):
    head = "user_id,start_time_iso,end_time_iso,model,wallet_type,cost,currency"
    row = "u1,2026-11-01T00:00:00+08:00,2026-11-02T00:00:00+08:00,deepseek-chat,Paid,0.31,USD"
    (tmp_path / "cost.csv").write_text(f"{head}\n{row}\n")
    read(tmp_path / "ledger", tmp_path / "cost.csv")

    with reading(tmp_path / "ledger") as connection:
        (charge,) = exported_charges(connection)
    assert (charge.since, charge.until) == (date(2026, 11, 1), date(2026, 11, 2))
