"""The requests under audit: copied once into a narrow temporary table that every detector reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from llmcost.domain.period import start_of
from llmcost.ledger import composition
from llmcost.ledger.identifiers import quote_identifier
from llmcost.ledger.keys import resolve
from llmcost.outliers.finding import Query, Savings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from llmcost.domain.headroom import Headroom
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.pricing.price_list import PriceList

_NARROW = Path(__file__).with_name("waste_row.sql")
_SPARSE = (
    "user_id",
    "customer_id",
    "team",
    "feature",
    "environment",
    "endpoint",
    "plan",
    "workflow",
    "prompt_name",
    "prompt_version",
    "api_key_id",
    "session_id",
    "trace_id",
    "prompt_hash",
    "prompt_sketch",
    "temperature",
    "max_output_tokens",
    "error_type",
    "attempt",
)
SCOPES = (
    *("provider", "model", "operation", "service_tier", "processing", "status", "error_type", "customer_id", "user_id"),
    *("team", "feature", "environment", "endpoint", "plan", "workflow", "prompt_name", "prompt_version", "api_key_id"),
    *("session_id", "trace_id", "prompt_hash", "price_id", "cost_status"),
)
"""Dimensions a finding may be narrowed to: those that are text in `waste_row`."""
STALE = "waste_stale"
"""The table of the `rid` of requests that were to be priced otherwise, and cost another amount by the price list of today."""
_TASKS = ("endpoint", "feature", "prompt_name", "workflow")
_PLACES = Decimal(1).scaleb(-12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """The least evidence a finding needs."""

    requests: int = 50
    cost: Decimal = Decimal(1)
    share: Decimal = Decimal("0.01")
    """Of the cost of all traffic audited."""


class LimitsInUse(Protocol):
    """Tells how near limits came to being used up; what knows limits is no part of this folder."""

    def __call__(self, connection: Connection, selection: Selection) -> Sequence[Headroom]:
        """Of every limit that decides some of the requests selected; LlmcostError where there is none to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What detectors look at: the table `waste_row`, and what is known of it as a whole."""

    connection: Connection
    selection: Selection
    """Which requests they are, and in which time zone their days begin."""
    prices: PriceList
    floors: Floors
    requests: int
    cost: Decimal
    unpriced: int
    other_lists: bool
    """Whether any request of the ledger was rated with another price list than `prices`, which may have other prices."""
    first: datetime | None
    """Naive UTC; None without any request."""
    last: datetime | None
    present: frozenset[str]
    """Columns in which some request has a value."""
    task: str | None
    """The dimension that says what calls are for: the one of `endpoint`, `feature`, ... that covers most of the cost."""
    narrowing: str = ""
    """The options that select the same traffic again but for its period, for the commands findings propose."""
    spanning: str = ""
    """The options that select the same period again."""
    limits: Callable[[], Sequence[Headroom]] | None = None
    """How near limits came to being used up by this traffic; None where no limit is known."""

    @property
    def length(self) -> timedelta:
        """From the first request to the last."""
        return timedelta() if self.first is None or self.last is None else self.last - self.first

    def by_task(self) -> list[str]:
        """The dimension of tasks as the first keys of a breakdown; none where nothing says what calls are for."""
        return [] if self.task is None else [self.task]

    def ask(self, query: Query) -> list[dict[str, Any]]:
        """The rows of a query, by column."""
        cursor = self.connection.execute(query.sql, dict(query.values) or None)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def keep(self, table: str, query: Query) -> None:
        """Leave the rows of a query in a temporary table."""
        self.connection.execute(f"create or replace temp table {table} as {query.sql}", dict(query.values) or None)

    def stale(self) -> int:
        """How many requests detectors could not price otherwise, as the price list has other prices by now."""
        ((found,),) = self.connection.execute(
            f"select coalesce(sum(calls), 0) from waste_row where rid in (select rid from {STALE})"
        ).fetchall()
        return int(found)

    def material(self, cost: Decimal, requests: int) -> bool:
        """Whether something is large enough to be worth a reader's time."""
        floors = self.floors
        return requests >= floors.requests and cost >= floors.cost and cost >= floors.share * self.cost

    def start_of(self, day: date) -> datetime:
        """When a day begins, naive UTC."""
        return start_of(day, self.selection.zone).replace(tzinfo=None)

    def day_of(self, instant: datetime) -> date:
        """The day of an instant in naive UTC."""
        return instant.replace(tzinfo=UTC).astimezone(self.selection.zone).date()

    def verify(self, report: str, scope: Sequence[tuple[str, str | None]] = (), *, spanned: bool = True) -> str:
        """A command over the same traffic, narrowed to a scope; unless `spanned`, `report` says which period."""
        terms = "".join(f" --where {_quoted(f'{name}={value}' if value else f'{name}=')}" for name, value in scope)
        return f"llmcost {report}{terms}{self.spanning if spanned else ''}{self.narrowing}"


def open_traffic(
    connection: Connection,
    selection: Selection,
    prices: PriceList,
    *,
    production: Sequence[str],
    floors: Floors,
    narrowing: str = "",
    spanning: str = "",
    limits: LimitsInUse | None = None,
) -> Traffic:
    """Copy the selected requests and look at them as a whole."""
    query = composition.Query()
    # A span of time among the keys gives every row its local time.
    source = query.rows(connection, selection, [resolve(connection, "day")])
    narrow = _NARROW.read_text("utf-8").replace("$production", query.bind([name.lower() for name in production]))
    connection.execute(f"create or replace temp table waste_row as {source} {narrow}", query.parameters)
    counts = ", ".join(f"count({name})" for name in _SPARSE)
    tasks = ", ".join(f"coalesce(sum(cost) filter (where {name} is not null), 0)" for name in _TASKS)
    row = connection.execute(
        f"""
        select
            coalesce(sum(calls), 0), coalesce(sum(cost), 0), coalesce(sum(unpriced_calls), 0),
            min(started_at), max(started_at), {counts}, {tasks}
        from waste_row
        """
    ).fetchone()
    if row is None:  # an aggregate without groups always has one row
        raise RuntimeError("no totals")
    present = frozenset(name for name, count in zip(_SPARSE, row[5 : 5 + len(_SPARSE)], strict=True) if count)
    covered = dict(zip(_TASKS, row[5 + len(_SPARSE) :], strict=True))
    task = max(_TASKS, key=lambda name: covered[name])
    connection.execute(
        "create or replace temp table waste_claim (finding integer, turn integer, rid bigint, low decimal(18, 12), mid decimal(18, 12), high decimal(18, 12))"
    )
    connection.execute(f"create or replace temp table {STALE} (rid bigint)")
    return Traffic(
        connection=connection,
        selection=selection,
        prices=prices,
        floors=floors,
        requests=int(row[0]),
        cost=row[1],
        unpriced=int(row[2]),
        other_lists=_rated_with_others(connection, prices),
        first=row[3],
        last=row[4],
        present=present,
        task=task if task in present else None,
        narrowing=narrowing,
        spanning=spanning,
        limits=None if limits is None else partial(limits, connection, selection),
    )


def _rated_with_others(connection: Connection, prices: PriceList) -> bool:
    found = connection.execute(
        """
        select exists (
            select 1 from request
            semi join (select ingest_id from ingest where price_list is distinct from $version) using (ingest_id)
        )
        """,
        {"version": prices.version},
    ).fetchone()
    return bool(found and found[0])


def shares(
    cost: Decimal, low_mid_high: tuple[Decimal, Decimal, Decimal], formula: str, rows: Query
) -> tuple[Savings, Query]:
    """Savings on some requests (`rows` selects rid and cost), and the claims that spread them in proportion to cost.

    The cost, of each and of all together, may be the part that is lost: it lies on the requests that lose it.
    """
    amounts = [min(max(amount, Decimal(0)), cost).quantize(_PLACES) for amount in low_mid_high]
    fractions = {
        name: (amount / cost if cost else Decimal(0))
        for name, amount in zip(("low", "mid", "high"), amounts, strict=True)
    }
    parts = ", ".join(f"cost * cast($claim_{name} as decimal(19, 18)) as {name}" for name in fractions)
    claims = Query(
        sql=f"select rid, {parts} from ({rows.sql})",
        values={
            **rows.values,
            **{f"claim_{name}": value.quantize(Decimal(1).scaleb(-18)) for name, value in fractions.items()},
        },
    )
    return Savings(low=amounts[0], mid=amounts[1], high=amounts[2], formula=formula), claims


def where(scope: Sequence[tuple[str, str | None]], alias: str = "") -> tuple[str, dict[str, object]]:
    """SQL that is true of the rows in a scope, with its values; names are those of `SCOPES`."""
    prefix = f"{alias}." if alias else ""
    terms = [f"{prefix}{quote_identifier(name)} is not distinct from $scope_{name}" for name, _ in scope]
    return " and ".join(terms) or "true", {f"scope_{name}": value for name, value in scope}


def totals(row: Mapping[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
    """`low`, `mid`, `high` of a row as amounts."""
    low, mid, high = (Decimal(row[name] or 0) for name in ("low", "mid", "high"))
    return low, mid, high


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)
