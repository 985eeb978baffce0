"""What the ledger says besides amounts, for causes that claim what is left of a row."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.reconcile.charging import Rates
from llmcost.reconcile.rows import Book, Row

if TYPE_CHECKING:
    from llmcost.ledger.billing import LoggedUsage

_TOKENS: Mapping[str, tuple[str, ...]] = {
    "input": ("uncached_input_tokens",),
    "cache_read": ("cache_read_tokens",),
    "cache_write": ("cache_write_5m_tokens", "cache_write_1h_tokens"),
    "output": ("output_text_tokens", "reasoning_tokens"),
    "audio": ("input_audio_tokens", "output_audio_tokens", "cache_read_audio_tokens"),
    "image": ("input_image_tokens", "output_image_tokens"),
    "units": ("web_searches", "rerank_searches", "images", "characters", "pages", "file_searches", "map_searches"),
}


class LedgerEvidence:
    """Answers about one book."""

    def __init__(self, book: Book, rates: Rates, gaps: Collection[date]) -> None:
        """`gaps` are the days within which logs break off."""
        self._rates = rates
        self._gaps = gaps
        self._by_day: dict[date, list[LoggedUsage]] = defaultdict(list)
        for usage in book.usages:
            self._by_day[usage.day].append(usage)
        billed = [row.key for row in book.rows.values() if row.lines]
        self._billed_models = {(key.provider, key.model) for key in billed}
        self._billed_days = {day for key in billed for day in _days(key.since, key.until)}

    def requests(self, row: Row) -> int:
        """Requests logged in the days, of the provider and of the model of a row."""
        return sum(usage.requests for usage in self._of(row))

    def unpriced(self, row: Row) -> int:
        """Those of them without a known cost."""
        return sum(usage.unpriced for usage in self._of(row))

    def requests_that_day(self, row: Row) -> int:
        """Requests logged in the days of a row, of any model of the provider."""
        return sum(usage.requests for usage in self._of(row, any_model=True))

    def logged_quantity(self, row: Row) -> Decimal:
        """Tokens, or units, logged for a row; 0 where it holds several token classes."""
        columns = _TOKENS.get(row.key.token_class or "", ())
        return sum(
            (usage.quantities.get(column, Decimal(0)) for usage in self._of(row) for column in columns), Decimal(0)
        )

    def has_gap(self, row: Row) -> bool:
        """Whether logs break off within the days of a row for longer than they usually do."""
        return any(day in self._gaps for day in _days(row.key.since, row.key.until))

    def fee(self, row: Row, unit: str) -> Decimal:
        """What one unit costs with the models of a row; 0 where none has such a fee."""
        return max((self._rates.fee(usage, unit) for usage in self._of(row)), default=Decimal(0))

    def is_billed(self, row: Row) -> bool:
        """Whether the bill has any line for the days, and one for the model, of a row."""
        key = row.key
        known = {(key.provider, key.model), (None, key.model)} & self._billed_models
        return bool(known) and any(day in self._billed_days for day in _days(key.since, key.until))

    def _of(self, row: Row, *, any_model: bool = False) -> "list[LoggedUsage]":
        key = row.key
        return [
            usage
            for day in _days(key.since, key.until)
            for usage in self._by_day.get(day, ())
            if key.provider in (None, usage.provider) and (any_model or key.model in (None, usage.model))
        ]


def _days(since: date, until: date) -> list[date]:
    return [since + timedelta(days=offset) for offset in range((until - since).days)]
