"""A ledger to spend from, and budgets read from the text of a llmcost.yaml."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from tests.inserting import insert

from llmcost.budgets.checking import BudgetCheck, check
from llmcost.budgets.reading import read_budgets
from llmcost.config.settings import Settings, read_settings
from llmcost.domain.period import parse_instant, time_zone

_DEFAULTS = {
    "part": 0,
    "source": "llmcost",
    "issuer": "openai",
    "ingest_id": 1,
    "time_origin": "log",
    "final": True,
    "provider": "openai",
    "model": "gpt-5",
    "operation": "chat",
    "status": "ok",
    "gateway_cached": False,
    "usage_origin": "billed",
    "cost_status": "priced",
    "charge_basis": "metered",
}


def _row(started_at: str, cost: str | None, **values: Any) -> dict[str, Any]:
    row = {**_DEFAULTS, "started_at": datetime.fromisoformat(started_at), "cost": cost, **values}
    return row if cost is not None else {**row, "cost_status": "unpriced"}


@pytest.fixture
def spend(ledger) -> Callable[..., None]:
    """Put one request into the ledger: `spend("2026-11-03 10:00", "1.50", customer_id="acme")`, UTC."""
    return lambda started_at, cost, **values: insert(ledger, "request", [_row(started_at, cost, **values)])


@pytest.fixture
def spend_all(ledger) -> Callable[..., None]:
    """Put many into it at once, each as the values that are told of it: `spend_all([{"started_at": ..., "cost": ...}])`."""
    return lambda rows: insert(ledger, "request", [_row(**row) for row in rows])


@pytest.fixture
def settings_of(tmp_path) -> Callable[[str], Settings]:
    """The settings of a text."""

    def read(text: str) -> Settings:
        path = tmp_path / "llmcost.yaml"
        path.write_text(text)
        return read_settings(path)

    return read


@pytest.fixture
def judge(ledger, settings_of) -> Callable[[str, str], BudgetCheck]:
    """Judge the budgets of a text at an instant, which is in the text's time zone."""

    def run(text: str, as_of: str) -> BudgetCheck:
        settings = settings_of(text)
        now = parse_instant(as_of, time_zone(settings.tz))
        return check(ledger, settings, read_budgets(settings), now)

    return run
