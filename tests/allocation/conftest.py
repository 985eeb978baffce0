"""A ledger to allocate, and rules read from the text of a llmcost.yaml."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.allocation.ledgers import put

from llmcost.allocation.reading import policy_for
from llmcost.allocation.run import Asked
from llmcost.config.settings import Settings, read_settings
from llmcost.domain.period import parse_period, time_zone


@pytest.fixture
def spend(ledger) -> Callable[..., None]:
    """`put` into the empty ledger."""
    return lambda started_at, cost, **values: put(ledger, started_at, cost, **values)


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[[str], Settings]:
    """The settings of a text."""

    def read(text: str) -> Settings:
        path = tmp_path / "llmcost.yaml"
        path.write_text(text, "utf-8")
        return read_settings(path)

    return read


@pytest.fixture
def asked_of(settings_of) -> Callable[..., Asked]:
    """What the text of a llmcost.yaml asks of a period."""

    def ask(text: str = "", period: str = "2026-10", by: str | None = None, **values: Any) -> Asked:
        settings = settings_of(text)
        zone = time_zone(settings.tz)
        return Asked(
            policy=policy_for(settings, by),
            period=parse_period(period, datetime(2026, 11, 21, tzinfo=UTC), zone),
            zone=zone,
            **values,
        )

    return ask
