"""What is pulled from a gateway's API: pages of records, and how far they reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One kind of record of one gateway; what has been read of it is remembered by these words."""

    gateway: str
    """The id users see: `litellm`."""
    url: str
    """Its address, without credentials or a query."""
    name: str = "requests"
    key: str = ""
    """What tells the key it is read with from others, where the key decides whose records come."""

    @property
    def words(self) -> str:
        """The kind of record, and whose they are, as the ledger remembers it."""
        return f"{self.name} (key {self.key})" if self.key else self.name

    @property
    def shown(self) -> str:
        """What people and the ledger call it."""
        kind = "" if self.name == "requests" else f" ({self.name})"
        return f"{self.gateway} {self.url}{kind}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """The time from `since` up to, not including, `until`: both aware, in UTC."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Records that came together."""

    stream: Stream
    sources: tuple[str, ...]
    """The ids of the sources that read them."""
    records: Sequence[str]
    """JSON text, one object each, on one line."""
    covered: Span | None = None
    """Time of which everything has been read once this page is; None in the middle of it."""
