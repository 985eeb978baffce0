"""The use case: why the ledger has a request at that cost.

The price list a row was rated with is kept in the ledger. The row's cost is worked out again from it, and where the two
differ, that is said rather than hidden.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.domain.errors import UsageError
from llmcost.pricing.explanation import Explanation, Line, explain, units_of
from llmcost.pricing.matching import nearest_names
from llmcost.pricing.provenance import Provenance, provenance
from llmcost.pricing.rate_row import Context
from llmcost.pricing.snapshots import restored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost.ledger.database import Connection
    from llmcost.pricing.price_list import PriceList

_SHORTEST_KEY = 6
_SHOWN_NAMES = 5
_CONTEXT = tuple(one.name for one in fields(Context) if one.name != "provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """The same call met with other usage."""

    source: str
    path: str | None
    kept_tokens: int | None
    other_tokens: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One row of the ledger and what led to its cost."""

    row: Mapping[str, Any]
    """Its columns, as the ledger has them."""
    context: Context
    calculation: Explanation | None
    """What the price list makes of it; None where nothing is priced."""
    price: Provenance | None
    currency: str
    recomputed: Decimal | None
    """What the calculation says the stored amount should be; None where nothing can be worked out."""
    stored: Decimal | None
    """The amount it is compared with: the cost, or the list value of a billed or included call."""
    nearest: tuple[str, ...]
    """For a model without a price: what it may have been meant to be."""
    conflicts: tuple[Conflict, ...]
    path: str | None
    """The file it was first read from."""

    @property
    def started_at(self) -> datetime:
        """When the call began, UTC."""
        at: datetime = self.row["started_at"]
        return at.replace(tzinfo=UTC)

    @property
    def claimed_beyond(self) -> Decimal | None:
        """What the log claimed beyond our cost; None where the two cannot be compared."""
        claimed, cost = self.row["reported_cost"], self.row["cost"]
        if claimed is None or cost is None:
            return None
        same = (self.row["reported_currency"] or self.currency).upper() == self.currency
        return Decimal(claimed - cost) if same else None

    @property
    def outcome(self) -> str:
        """billed, priced, estimated, free, unpriced or included."""
        if self.row["charge_basis"] == "subscription" and self.row["cost_status"] in {"priced", "estimated"}:
            return "included"
        return str(self.row["cost_status"])

    @property
    def lines(self) -> tuple[Line, ...]:
        """What makes up the cost; they add up to it exactly."""
        if self.outcome == "billed":
            return (_whole("billed", self.row["cost"]),)
        return () if self.outcome in {"free", "included", "unpriced"} else self._calculated

    @property
    def list_lines(self) -> tuple[Line, ...]:
        """What makes up the list value of a call whose cost is not its list price."""
        return self._calculated if self.outcome in {"billed", "included"} and self.stored is not None else ()

    @property
    def _calculated(self) -> tuple[Line, ...]:
        """The calculation, and as a line of its own what it does not explain."""
        lines = () if self.calculation is None else self.calculation.lines
        rest = (self.stored or Decimal(0)) - (Decimal(0) if self.calculation is None else self.calculation.total)
        return (*lines, _whole("unexplained", rest)) if rest else lines

    @property
    def agrees(self) -> bool:
        """Whether the ledger and the calculation agree, as far as there is anything to compare."""
        return self.recomputed is None or self.recomputed == self.stored


def _whole(component: str, amount: Decimal) -> Line:
    """An amount that nothing was multiplied for."""
    one = Decimal(1)
    return Line(component=component, quantity=one, published=amount, per=1, multiplier=one, amount=amount)


def explained(ledger: Connection, name: str, current: PriceList) -> list[Explained]:
    """Every row with that request id, or the one row whose key begins with it.

    `current` is today's price list, for the places of prices. Raises UsageError when there is no such row.
    """
    lists = _Lists(ledger, current)
    return [_explained(ledger, row, lists) for row in _rows(ledger, name)]


class _Lists:
    """The ledger's price lists, each read when it is needed."""

    def __init__(self, ledger: Connection, current: PriceList) -> None:
        self.current = current
        self.ledger = ledger
        self.versions = [
            version
            for (version,) in ledger.execute("select price_list from price_list order by loaded_at desc").fetchall()
        ]
        self._read: dict[str, PriceList | None] = {}

    def of(self, ingest_id: int) -> list[tuple[str, PriceList]]:
        """The list of the ingest that last wrote a row, then the others: a merge keeps an older price."""
        found = self.ledger.execute("select price_list from ingest where ingest_id = $id", {"id": ingest_id}).fetchone()
        first = [] if found is None or found[0] is None else [found[0]]
        names = list(dict.fromkeys([*first, *self.versions]))
        return [(name, one) for name in names if (one := self._list(name)) is not None]

    def _list(self, version: str) -> PriceList | None:
        if version not in self._read:
            found = self.ledger.execute(
                "select content from price_list where price_list = $version", {"version": version}
            ).fetchone()
            self._read[version] = None if found is None else restored(found[0])
        return self._read[version]


def _rows(ledger: Connection, name: str) -> list[dict[str, Any]]:
    rows = _fetched(ledger, "request_id = $name", name)
    if rows:
        return rows
    if len(name) >= _SHORTEST_KEY:
        rows = _fetched(ledger, "starts_with(row_key::varchar, lower($name))", name)
        if len(rows) == 1:
            return rows
        if rows:
            keys = ", ".join(str(row["row_key"]) for row in rows[:_SHOWN_NAMES])
            raise UsageError(f"{len(rows):,} rows have a key that begins with {name!r}", hint=f"such as {keys}")
    near = ledger.execute(
        "select distinct request_id from request where starts_with(request_id, $name) order by request_id limit $limit",
        {"name": name, "limit": _SHOWN_NAMES},
    ).fetchall()
    raise UsageError(
        f"no request {name!r} in the ledger",
        hint=f"ids that begin so: {', '.join(one for (one,) in near)}"
        if near and name
        else "`llmcost report --by request_id` lists ids",
    )


def _fetched(ledger: Connection, condition: str, name: str) -> list[dict[str, Any]]:
    cursor = ledger.execute(
        f"select * from request where {condition} order by started_at, issuer, part, row_key", {"name": name}
    )
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _explained(ledger: Connection, row: dict[str, Any], lists: _Lists) -> Explained:
    at = row["started_at"].replace(tzinfo=UTC)
    context = Context(provider=row["stated_provider"], **{name: row[name] for name in _CONTEXT})
    aside = row["cost_status"] == "billed" or row["charge_basis"] == "subscription"
    stored = row["list_value"] if aside else row["cost"]
    tried = [
        (version, prices, explain(prices, context, at, units_of(row))) for version, prices in lists.of(row["ingest_id"])
    ]
    # A row may have kept the price of an earlier list.
    chosen = next((one for one in tried if _fits(one[2], row, stored)), tried[0] if tried else None)
    calculation = None if chosen is None or chosen[2].rate.status == "unpriced" else chosen[2]
    price = None
    if chosen is not None and calculation is not None:
        price = provenance(chosen[1], calculation, context, at, version=chosen[0], today=lists.current)
    return Explained(
        row=row,
        context=context,
        calculation=calculation,
        price=price,
        currency=(chosen[1] if chosen is not None else lists.current).currency,
        recomputed=None if calculation is None or not _comparable(row) else calculation.total,
        stored=stored,
        nearest=_nearest(lists.current, row) if row["cost_status"] == "unpriced" and row["match_kind"] is None else (),
        conflicts=_conflicts(ledger, row),
        path=_path(ledger, row["file_id"]),
    )


def _fits(calculation: Explanation, row: Mapping[str, Any], stored: Decimal | None) -> bool:
    """Whether this is the calculation that made the row."""
    return calculation.rate.price_id == row["price_id"] and (not _comparable(row) or calculation.total == stored)


def _comparable(row: Mapping[str, Any]) -> bool:
    """Whether the row's amount is a sum of quantities at a price, as nothing that is free by its status is."""
    if row["cost_status"] == "billed" or row["charge_basis"] == "subscription":
        return row["list_value"] is not None
    return row["cost_status"] in {"priced", "estimated"}


def _nearest(prices: PriceList, row: Mapping[str, Any]) -> tuple[str, ...]:
    name = row["response_model"] or row["request_model"]
    return () if name is None else tuple(nearest_names(prices, row["stated_provider"], name))


def _conflicts(ledger: Connection, row: Mapping[str, Any]) -> tuple[Conflict, ...]:
    found: Sequence[tuple[Any, ...]] = ledger.execute(
        "select conflict.source, file.path, kept_tokens, other_tokens from conflict left join file using (file_id) "
        "where row_key = $key order by all",
        {"key": row["row_key"]},
    ).fetchall()
    return tuple(
        Conflict(source=source, path=path, kept_tokens=kept, other_tokens=other) for source, path, kept, other in found
    )


def _path(ledger: Connection, file_id: int | None) -> str | None:
    found = ledger.execute("select path from file where file_id = $id", {"id": file_id}).fetchone()
    return None if found is None else found[0]
