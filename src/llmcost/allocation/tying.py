"""What an allocation must tie to: the sum of the invoices, or what a reconciliation found."""

import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.allocation import spans
from llmcost.allocation.record import Allocation
from llmcost.allocation.run import Asked, charged
from llmcost.domain.errors import DataError, UsageError
from llmcost.domain.exact import EXACT, total
from llmcost.domain.period import Period, start_of, time_zone
from llmcost.ledger import queries
from llmcost.ledger.composition import Basis, Selection
from llmcost.ledger.filters import Condition
from llmcost.ledger.keys import resolve
from llmcost.ledger.metrics import metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.ledger.connection import Connection
    from llmcost.pricing.price_list import PriceList

_SCHEMA = "llmcost/reconcile/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What an allocation must come to."""

    total: Decimal
    notes: tuple[str, ...]
    """Bills that are only about part of the period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bill:
    """What one reconciliation found."""

    path: Path
    period: Period
    providers: frozenset[str]
    """Empty: every provider."""
    difference: Decimal
    """Billed less what was logged and what stands beside it: a bill holds capacity and credits, too."""
    note: str | None
    """What to say where it is about some days only."""


def reconciled(
    connection: "Connection", prices: "PriceList | None", asked: Asked, current: Allocation, files: "Sequence[Path]"
) -> Reconciled:
    """Requests and charges, with those of each reconciled provider replaced by what it billed on the days of the bill.

    `files` are documents of `llmcost reconcile --format json`. UsageError for one that is not there; DataError for one that
    cannot be read, is about other days or another currency, or no longer matches the ledger, and for two about the same days of
    a provider.
    """
    found = [_bill(connection, prices, asked, current.basis, path) for path in files]
    for one, other in combinations(found, 2):
        _check_apart(one, other, asked)
    return Reconciled(
        total=total([current.ledger_cost, current.charges_cost, *(bill.difference for bill in found)]),
        notes=tuple(bill.note for bill in found if bill.note is not None),
    )


def tied_to(asked: Asked, invoice: Decimal) -> Asked:
    """The same question, so that the answer comes to an invoice."""
    return replace(asked, invoice=invoice)


def too_far(current: Allocation, tolerance: Decimal) -> bool:
    """Whether the difference to the invoice is a larger share of it than may be allocated."""
    if current.invoice is None or not current.difference:
        return False
    return abs(current.difference) > EXACT.multiply(tolerance, abs(current.invoice))


def _bill(connection: "Connection", prices: "PriceList | None", asked: Asked, basis: Basis, path: Path) -> _Bill:
    shape = _read(path)
    try:
        period = _period(shape["period"])
        currency, providers = str(shape["currency"]), [str(one) for one in shape["providers"]]
        billed, logged = Decimal(shape["billed"]), Decimal(shape["logged"])
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise DataError(f"{path} is no whole reconciliation", hint=_how(asked)) from error
    (since, until), (first, end) = spans.bounds(asked.period), spans.bounds(period)
    if first < since or end > until:
        raise DataError(f"{path} is about {spans.label(period, asked.zone)}", hint=_how(asked))
    if currency != asked.currency:
        raise DataError(
            f"{path} is in {currency}, the allocation in {asked.currency}", hint=f"allocate with --currency {currency}"
        )
    now = _cost(connection, period, asked, providers)
    if now != logged:
        raise DataError(
            f"{path} found {logged:f} {currency} in the ledger, which now has {now:f}", hint="reconcile again"
        )
    lines, _ = charged(connection, prices, replace(asked, period=period), basis)
    beside = total(line.amount for line in lines if not providers or line.provider in providers)
    note = f"{path} is about {spans.label(period, asked.zone)}; other days count as logged"
    return _Bill(
        path=path,
        period=period,
        providers=frozenset(providers),
        difference=EXACT.subtract(billed, EXACT.add(logged, beside)),
        note=None if period == asked.period else note,
    )


def _check_apart(one: _Bill, other: _Bill, asked: Asked) -> None:
    """DataError where two bills are about the same requests: what was logged of them can be replaced only once."""
    if one.providers and other.providers and one.providers.isdisjoint(other.providers):
        return
    (since, until), (first, end) = spans.bounds(one.period), spans.bounds(other.period)
    both = Period(since=max(since, first), until=min(until, end))
    if max(since, first) >= min(until, end):
        return
    who = ", ".join(sorted(one.providers & other.providers or one.providers | other.providers)) or "every provider"
    raise DataError(
        f"{one.path} and {other.path} are both about {who} on {spans.label(both, asked.zone)}",
        hint="reconcile all bills of a provider in one run, `llmcost reconcile BILL BILL --format json`, each once",
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        shape = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UsageError(f"no such file: {path}", hint="check the path given with --reconciled") from None
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read: {(error.strerror or str(error)).lower()}",
            hint="name a file that `llmcost reconcile --format json` wrote",
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is no JSON", hint="write it with `llmcost reconcile --format json`") from error
    if not isinstance(shape, dict) or shape.get("schema") != _SCHEMA:
        raise DataError(f"{path} is no {_SCHEMA}", hint="write it with `llmcost reconcile --format json`")
    return shape


def _period(shape: dict[str, Any]) -> Period:
    zone = time_zone(str(shape["tz"]))
    return Period(
        since=start_of(date.fromisoformat(shape["since"]), zone),
        until=start_of(date.fromisoformat(shape["until"]), zone),
    )


def _cost(connection: "Connection", period: Period, asked: Asked, providers: list[str]) -> Decimal:
    wanted = Condition(key="provider", operator="in", values=tuple(providers))
    selection = Selection(
        period=period,
        zone=asked.zone,
        basis=queries.basis_of(connection, period, asked.zone),
        conditions=((resolve(connection, "provider"), wanted),) if providers else (),
    )
    return Decimal(queries.totals(connection, selection, [metric("cost")])["cost"] or 0)


def _how(asked: Asked) -> str:
    since, until = spans.bounds(asked.period)
    first, last = since.astimezone(asked.zone).date(), until.astimezone(asked.zone).date() - timedelta(days=1)
    return f"reconcile {first} to {last} with `llmcost reconcile --since {first} --until {last + timedelta(days=1)} --format json`"
