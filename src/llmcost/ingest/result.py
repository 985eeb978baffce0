"""What an ingest did: per file, in total, and what a person should know next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from llmcost.domain.doubled import Doubled
from llmcost.ingest.absent import Absent
from llmcost.ingest.reader import Reject


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """One file."""

    path: str
    status: str
    """read | known | unrecognised | partial"""
    named: bool
    sources: Mapping[str, int]
    lines: int = 0
    new: int = 0
    """Calls, as in `known`; what is billed apart inside a call is no call."""
    known: int = 0
    parts: int = 0
    """Passes inside calls that are billed apart, new or known."""
    conflicts: int = 0
    rejected: int = 0
    unpriced: int = 0
    ambiguous: int = 0
    skipped: int = 0
    left_out: int = 0
    """Spans of agents, tools and the like that state usage, with no call below them that does."""
    other_charges: int = 0
    """Lines of bills, for a service whose usage is read, that charge for no usage: taxes, discounts and the like."""
    pending: int = 0
    unfinished: int = 0
    """Calls that had not ended; they count when they are read again and have."""
    buckets: int = 0
    """Aggregates, which are no calls."""
    new_buckets: int = 0
    disagreements: int = 0
    """Spans of usage exports that another file of the run tells differently."""
    kept: int = 0
    """Rows of an earlier reading, in another way, that stay beside this one: other files may have brought them too."""
    announces_more: bool | None = None
    """Whether it ends with a page of an API answer that announces another; None where there is no page."""
    rejects: tuple[Reject, ...] = ()
    """The first of them."""
    absent: tuple[Absent, ...] = ()
    """Columns that the mapping names and the table does not have."""
    trouble: str | None = None
    """Why what a folder holds could not even be looked at."""
    foreign: str | None = None
    """What it is instead of a log, and what to do with it, where that shows."""
    pulled: bool = False
    """Whether it is the API of a gateway; its lines are records then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Which tag filled a dimension, in this ledger."""

    dimension: str
    key: str
    share: Decimal
    """Of requests, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSummary:
    """What the ledger holds now."""

    requests: int
    buckets: int
    """Aggregates of providers and gateways."""
    first_bucket: datetime | None
    last_bucket: datetime | None
    bucket_sources: tuple[tuple[str, int], ...]
    """Source and buckets, most first."""
    first: datetime | None
    last: datetime | None
    cost: Decimal | None
    unpriced_requests: int
    unpriced_models: tuple[tuple[str, int], ...]
    """Model and requests, most first."""
    filled: tuple[Filled, ...]
    assumed_times: int
    doubled: tuple[Doubled, ...] = ()
    """Calls around those of the latest run that seem to have come through two issuers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestResult:
    """The whole run."""

    ledger: Path
    files: tuple[FileResult, ...]
    summary: LedgerSummary | None
    locked_until: datetime | None = None
    """The end of the locked time, naive UTC."""
    late: int = 0
    """New requests that began before it; they are rated all the same."""
    left_unpriced: int = 0
    """Unpriced requests that began before it and were not rated again with the price list of today."""

    def total(self, name: str) -> int:
        """Sum of one count over the files."""
        return sum(getattr(file, name) for file in self.files)

    @property
    def unrecognised(self) -> tuple[FileResult, ...]:
        """Files no source knows."""
        return tuple(file for file in self.files if file.status == "unrecognised")

    @property
    def complete(self) -> bool:
        """Whether everything the user named was recognised."""
        nothing = all(file.status == "unrecognised" for file in self.files)
        return bool(self.files) and not nothing and not any(file.named for file in self.unrecognised)
