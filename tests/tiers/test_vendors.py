"""Every charge model against what vendors document, worked out by hand; the SQL of a charge says the same as its lines."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from llmcost.config.yaml import parse_document
from llmcost.tiers.charges import models
from llmcost.tiers.invoice import invoice
from llmcost.tiers.plans import plans_of
from llmcost.tiers.sql import with_bill

VENDORS = yaml.safe_load((Path(__file__).parent / "vendors.yaml").read_text())
CASES = [(vendor, case) for vendor in VENDORS for case in vendor["cases"]]


def _plans(vendor):
    plan = {"id": "it", "price": "0", "charges": [vendor["charge"]], **vendor.get("plan", {})}
    return plans_of(parse_document(yaml.safe_dump({"plans": [plan]}), "vendor.yaml"))


def _name(value):
    return value["what"] if "what" in value else "-".join(value["usage"].values())


@pytest.mark.parametrize(("vendor", "case"), CASES, ids=_name)
def test_a_documented_quantity_costs_what_the_vendor_says(vendor, case):
    file = _plans(vendor)
    usage = {meter: Decimal(quantity) for meter, quantity in case["usage"].items()}

    made = invoice(file.plans[0], usage, file.rounding)

    assert made.total == Decimal(case["total"])
    assert sum(line.amount for line in made.lines) == made.total
    if "unrounded" in case:
        assert invoice(file.plans[0], usage).total == Decimal(case["unrounded"])


@pytest.mark.parametrize(("vendor", "case"), CASES, ids=_name)
def test_the_sql_of_a_plan_comes_to_the_same(vendor, case, ledger):
    file = _plans(vendor)
    values = ", ".join(f"cast({quantity} as decimal(26, 6)) as {meter}" for meter, quantity in case["usage"].items())
    meters = {meter: meter for meter in file.plans[0].meters}

    (bill,) = ledger.execute(
        f"select bill_0 from ({with_bill(f'select {values}', file.plans[0], file.rounding, meters, 'bill_0')})"
    ).fetchone()

    assert bill == Decimal(case["total"])


def test_every_model_has_a_documented_case():
    assert {vendor["charge"]["model"] for vendor in VENDORS} == set(models())
