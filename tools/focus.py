"""Check a FOCUS export as somebody else would: the Foundation's validator, and our own price x quantity.

    python -m tools.focus FILE.csv --validator .venv-focus

The validator (https://pypi.org/project/focus-validator/) checks columns, types and values, but no products. Exits 1 when a rule
fails that is not in `EXCEPTED`, or a product is wrong. Nothing is downloaded: the rules of FOCUS 1.2 come with the validator.
"""

from __future__ import annotations

import argparse
import csv
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

EXCEPTED = {
    "InvoiceId-C-005-C": "demands an InvoiceId of every row, where InvoiceId-C-004-C demands none of what is not invoiced yet",
}
"""Rule -> why it may fail. The two contradict each other whatever a row says."""

CRITERIA = (
    *("ACCOUNT_NAMING_SUPPORTED", "MULTIPLE_PRICING_CATEGORIES_SUPPORTED", "MULTIPLE_SUB_ACCOUNT_TYPES_SUPPORTED"),
    *("MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED", "NEGOTIATED_PRICING_SUPPORTED", "PUBLIC_PRICE_LIST_SUPPORTED"),
    *("USAGE_MEASUREMENT_SUPPORTED", "UNIT_PRICING_SUPPORTED", "SUB_ACCOUNT_SUPPORTED"),
    *("BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED", "RESOURCE_TYPE_ASSIGNMENT_SUPPORTED"),
    *("PRICING_BILLING_CURRENCY_DIFFERENCES_SUPPORTED", "VIRTUAL_CURRENCY_SUPPORTED", "REGION_SUPPORTED"),
    "TAGGING_SUPPORTED",
)
"""What rules hold for beyond the unconditional ones: all there are, but zones, reservations and commitment discounts, which
no provider of models has and the export has no columns for."""

_TOTAL = re.compile(r"Total: (\d+) \| Pass: (\d+) \| Fail: (\d+)")
_FAILED = re.compile(r"^- ([\w-]+): violations=", re.MULTILINE)


def wrong_products(path: Path) -> list[str]:
    """The rows whose price times quantity is not their cost, to the last digit."""
    found = []
    with path.open(newline="", encoding="utf-8") as source:
        for number, row in enumerate(csv.DictReader(source), start=2):
            for kind in ("List", "Contracted"):
                if not row["PricingQuantity"]:
                    continue  # a credit
                product = Decimal(row[f"{kind}UnitPrice"]) * Decimal(row["PricingQuantity"])
                if product != Decimal(row[f"{kind}Cost"]):
                    found.append(f"line {number}: {kind}Cost is {row[f'{kind}Cost']}, price times quantity {product:f}")
    return found


def validated(path: Path, environment: Path) -> tuple[str, list[str]]:
    """What the validator says in a line, and the rules that fail. It exits 0 whatever it finds."""
    python = environment.absolute() / "bin" / "python"
    # It finds its list of currencies only from the folder it is installed in.
    where = subprocess.run(  # noqa: S603  our own environment
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    done = subprocess.run(  # noqa: S603  our own environment
        [
            *(environment.absolute() / "bin" / "focus-validator", "--data-file", path.absolute()),
            *("--validate-version", "1.2", "--block-download", "--applicability-criteria", ",".join(CRITERIA)),
        ],
        cwd=where,
        capture_output=True,
        text=True,
        check=False,
    )
    total = _TOTAL.search(done.stdout)
    if total is None:
        raise SystemExit(f"the validator did not finish:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return total[0], _FAILED.findall(done.stdout)


def main() -> int:
    """Check one file; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--validator", type=Path, required=True, help="a virtual environment that has focus-validator")
    chosen = parser.parse_args()
    products = wrong_products(chosen.file)
    print(f"price x quantity: {len(products)} wrong")
    for line in products[:10]:
        print(f"  {line}")
    total, failed = validated(chosen.file, chosen.validator)
    print(f"focus-validator: {total}")
    for rule in failed:
        print(f"  {rule}: {EXCEPTED.get(rule, 'not allowed')}")
    return int(bool(products) or not set(failed) <= set(EXCEPTED))


if __name__ == "__main__":
    sys.exit(main())
