"""A bill and a ledger in one call."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.ingesting import read
from tests.once import made_once
from tests.reconcile.company import Call, write_logs

from llmcost.domain.period import Period
from llmcost.ledger.database import reading
from llmcost.pricing.price_list import PriceList, load_price_list
from llmcost.reconcile.reading import read_invoices
from llmcost.reconcile.result import Reconciliation
from llmcost.reconcile.run import ReconcileRequest, reconcile
from llmcost.reconcile.tolerance import parse_tolerance

Reconcile = Callable[..., Reconciliation]


@pytest.fixture(scope="session")
def prices() -> PriceList:
    return load_price_list()


@pytest.fixture
def reconciled(tmp_path_factory: pytest.TempPathFactory, prices: PriceList) -> Reconcile:
    """Ingest the logs of these calls and compare them with these bills: `reconciled(calls, bill, tolerance="1%")`."""

    def run(calls: list[Call], *bills: Path, tolerance: str = "1%", **asked: Any) -> Reconciliation:
        name = hashlib.sha256(repr(calls).encode()).hexdigest()[:16]
        folder = made_once(
            tmp_path_factory, f"calls-{name}", lambda made: read(made / "ledger", *write_logs(made / "logs", calls))
        )
        how = {name: asked.pop(name, None) for name in ("format_name", "invoice_map")}
        invoices = read_invoices(bills, **how)
        request = ReconcileRequest(
            invoices=invoices, tolerance=parse_tolerance(tolerance), period=asked.pop("period", Period()), **asked
        )
        with reading(folder / "ledger") as connection:
            return reconcile(connection, prices, request)

    return run
