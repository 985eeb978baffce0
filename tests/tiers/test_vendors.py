"""Every charge model against what vendors document, worked out by hand; the SQL of a charge says the same as its lines."""

from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from tests.ingesting import memory_ledger

from llmcost.config.yaml import parse_document
from llmcost.tiers.charges import models
from llmcost.tiers.exact import exact_column
from llmcost.tiers.invoice import invoice
from llmcost.tiers.plans import plans_of
from llmcost.tiers.sql import with_bill

VENDORS = yaml.safe_load((Path(__file__).parent / "vendors.yaml").read_text())
CASES = [(vendor, case) for vendor in VENDORS for case in vendor["cases"]]


@pytest.fixture(scope="module")
def ledger():
    with memory_ledger() as connection:
        yield connection


def _plans(vendor):
    plan = {"id": "it", "price": "0", "charges": [vendor["charge"]], **vendor.get("plan", {})}
    return plans_of(parse_document(yaml.safe_dump({"plans": [plan]}), "vendor.yaml"))


def _name(value):
    return value["what"] if "what" in value else "-".join(value["usage"].values())


def _amounts(case):
    return {meter: [Decimal(part) for part in quantity.split("+")] for meter, quantity in case["usage"].items()}


@pytest.mark.parametrize(("vendor", "case"), CASES, ids=_name)
def test_a_documented_quantity_costs_what_the_vendor_says(vendor, case):
    file = _plans(vendor)
    usage = {meter: sum(amounts) for meter, amounts in _amounts(case).items()}
    transactions = {meter: amounts for meter, amounts in _amounts(case).items() if len(amounts) > 1}

    made = invoice(file.plans[0], usage, file.rounding, transactions=transactions)

    assert made.total == Decimal(case["total"])
    assert sum(line.amount for line in made.lines) == made.total
    if "unrounded" in case:
        assert invoice(file.plans[0], usage, transactions=transactions).total == Decimal(case["unrounded"])


@pytest.mark.parametrize(
    ("vendor", "case"),
    [
        (vendor, case)
        for vendor, case in CASES
        if not any("+" in quantity for quantity in case["usage"].values())
        and "per_transaction_minimum" not in vendor["charge"]
    ],
    ids=_name,
)
def test_the_sql_of_a_plan_comes_to_the_same(vendor, case, ledger):
    file = _plans(vendor)
    used = {meter: Decimal(quantity) for meter, quantity in case["usage"].items()}
    values = ", ".join(f"cast({quantity} as decimal(26, 6)) as {meter}" for meter, quantity in used.items())
    meters = {meter: exact_column(meter, 6, Decimal(0), used[meter]) for meter in file.plans[0].meters}

    (bill,) = ledger.execute(
        f"select bill_0 from ({with_bill(f'select {values}', file.plans[0], file.rounding, meters, 'bill_0')})"
    ).fetchone()

    assert bill == Decimal(case["total"])


def test_every_model_has_a_documented_case():
    assert {vendor["charge"]["model"] for vendor in VENDORS} == set(models())


def test_six_vendors_are_asked_and_each_common_model_of_three_of_them():
    hosts = {}
    for vendor in VENDORS:
        place = urlsplit(vendor["source"])
        name = place.path.split("/")[1] if place.hostname == "github.com" else place.hostname.split(".")[-2]
        hosts.setdefault(vendor["charge"]["model"], set()).add({"openmeterio": "openmeter"}.get(name, name))

    assert {"stripe", "getlago", "openmeter", "withorb", "chargebee", "killbill"} <= set().union(*hosts.values())
    assert all(len(hosts[model]) >= 3 for model in ("per_unit", "package", "graduated", "volume"))
