"""The case studies of `examples/waste`: every amount in docs/how-to/case-studies.md, worked out by hand."""

import subprocess
import sys
from datetime import UTC
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ingesting import read

from llmcost.ledger import database
from llmcost.outliers.run import AuditRequest, audit
from llmcost.pricing.price_list import load_price_list

GENERATOR = Path(__file__).parents[2] / "examples" / "waste" / "generate.py"


def audited(folder, case):
    log = folder / f"{case}.csv"
    done = subprocess.run([sys.executable, str(GENERATOR), case], capture_output=True, check=True)
    log.write_bytes(done.stdout)
    read(folder / f"{case}.duckdb", log, source="llmcost")
    with database.reading(folder / f"{case}.duckdb") as connection:
        return audit(connection, load_price_list(), AuditRequest(zone=UTC))


def amounts(result, detector):
    savings = [one.savings for one in result.findings if one.detector == detector]
    return tuple(sum((getattr(one, end) for one in savings), Decimal(0)) for end in ("low", "mid", "high"))


@pytest.fixture(scope="module")
def support(tmp_path_factory):
    return audited(tmp_path_factory.mktemp("support"), "support")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return audited(tmp_path_factory.mktemp("shop"), "shop")


def dollars(*texts):
    return tuple(map(Decimal, texts))


def test_support_costs_what_the_story_says(support):
    assert support.cost == Decimal(12_000)
    assert {one.detector for one in support.findings if one.savings} == {"dev-leakage", "retry-storm", "error-waste"}


def test_development_is_beyond_a_share_of_production(support):
    # 4,800 - 7,200 / 4, / 9, / 20; the ninth is of no finite length.
    low, mid, high = amounts(support, "dev-leakage")

    assert (low, high) == dollars("3000", "4440")
    assert abs(mid - 4000) < Decimal("1e-9")


def test_storms_are_paid_attempts_beyond_the_third_and_the_first(support):
    # Four times 1,001 paid attempts of $0.30.
    assert amounts(support, "retry-storm") == dollars("1197.60", "1200", "1200")
    assert [one.evidence["failed_attempts"] for one in support.findings if one.detector == "retry-storm"] == [1250] * 4


def test_the_same_failures_are_not_saved_twice(support):
    (failures,) = [one for one in support.findings if one.detector == "error-waste"]

    assert failures.savings.mid == 1200
    assert abs(support.net[failures.id] - Decimal("1.20")) < Decimal("1e-6")
    assert all(
        abs(found - said) < Decimal("1e-6")
        for found, said in zip(support.net_total, dollars("4201.20", "5201.20", "5641.20"), strict=True)
    )


@pytest.mark.slow
def test_a_shop_saves_half_and_not_the_seven_tenths_claimed(shop):
    # Read: 2,850 x 7,000 x 13.50 / 1e6; written: 150 x 7,000 x 3.75 / 1e6.
    cached = Decimal("269.325") - Decimal("3.9375")

    assert shop.cost == Decimal(800)
    assert amounts(shop, "missing-cache") == (cached / 2, cached * 3 / 4, cached)
    assert amounts(shop, "model-overuse") == dollars("112.50", "180", "240")
    assert {one.detector for one in shop.findings} == {"missing-cache", "model-overuse"}
    assert shop.net_total[2] == cached + 240 < Decimal(560)
