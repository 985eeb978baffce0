"""Past requests for `llmcost quota check`: from the ledger named, or from the usual one if it is there."""

from contextlib import ExitStack, contextmanager
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.cli import diagnostics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.settings import Settings
    from llmcost.quota.history import History

_DAYS = 30
"""Of the ledger that are looked at where nobody says otherwise, up to its last request."""


@contextmanager
def past_requests(
    settings: "Settings", db: Path | None, *, since: str | None, until: str | None, wait: float = 5
) -> "Iterator[History | None]":
    """The history of a period, open for the length of the block; None where no ledger was named and the usual one will not do.

    Raises DataError when the ledger named cannot be read.
    """
    from llmcost.domain.errors import DataError

    path = settings.ledger_path(db)
    with ExitStack() as stack:
        found = None
        if db is not None or path.exists():
            try:
                found = _opened(stack, settings, path, (since, until), wait)
            except DataError as error:
                if db is not None:
                    raise
                diagnostics.note(f"past requests are left out: {error.message}")
        yield found


def _opened(
    stack: ExitStack, settings: "Settings", path: Path, times: tuple[str | None, str | None], wait: float
) -> "History | None":
    from llmcost.domain.period import Period, chosen_period, clock, time_zone
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.database import reading
    from llmcost.quota.history import History

    zone = time_zone(settings.tz)
    period = chosen_period(period=None, since=times[0], until=times[1], now=clock(tz=zone), tz=zone)
    ledger = stack.enter_context(reading(path, wait=wait))
    if period == Period():
        last = History(ledger, Selection(period=period, zone=zone, basis="requests")).last
        if last is None:
            diagnostics.note(f"{path}: no requests in it")
            return None
        period = Period(since=last.replace(tzinfo=UTC) - timedelta(days=_DAYS))
    history = History(ledger, Selection(period=period, zone=zone, basis="requests"))
    if not history.requests:
        diagnostics.note(f"{path}: no requests in this period")
        return None
    diagnostics.note(f"compared with {history.words} in {path}")
    return history
