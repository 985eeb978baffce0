"""The use case: bills and a ledger in, what differs and why out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from llmcost.domain.errors import DataError
from llmcost.domain.period import Period
from llmcost.domain.providers import normalise_provider
from llmcost.ledger import billing
from llmcost.ledger.composition import Basis, Selection
from llmcost.ledger.filters import Condition
from llmcost.ledger.keys import Key, resolve
from llmcost.reconcile.boundary import Drawn, draw, zone_name
from llmcost.reconcile.charging import Rates
from llmcost.reconcile.evidence import LedgerEvidence
from llmcost.reconcile.gaps import gap_days
from llmcost.reconcile.invoice import InvoiceLine, Unused, in_another_currency
from llmcost.reconcile.naming import ModelNames
from llmcost.reconcile.reading import EXACT, ReadInvoice, total
from llmcost.reconcile.registry import known_causes
from llmcost.reconcile.result import ComparedRow, InvoiceFile, NamedCause, Outside, Reconciliation
from llmcost.reconcile.rows import BilledCells, InvoiceRounding, Row, RowKey
from llmcost.reconcile.settle import Part, Settler
from llmcost.reconcile.tolerance import Tolerance

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.pricing.price_list import PriceList


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileRequest:
    """What is asked."""

    invoices: Sequence[ReadInvoice]
    tolerance: Tolerance
    period: Period
    """Open ends: as far as bill and ledger both reach."""
    zone: tzinfo = UTC
    """In which the bill counts its days, unless another explains more."""
    provider: str | None = None
    """Whose bill it is, where it does not say."""
    rounding: InvoiceRounding | None = None
    """None: as the digits of the bill say."""
    currency: str = "USD"
    """Of the ledger."""
    basis: Basis = "requests"
    """What of the ledger the bill is compared with."""


def reconcile(connection: "Connection", prices: "PriceList", request: ReconcileRequest) -> Reconciliation:
    """Compare, and look for the causes of what differs; DataError where there is nothing to compare."""
    with localcontext(EXACT):
        return _Run(connection, prices, request).result()


class _Run:
    """One reconciliation on its way."""

    def __init__(self, connection: "Connection", prices: "PriceList", request: ReconcileRequest) -> None:
        self._connection = connection
        self._request = request
        self._rates = Rates(prices)
        self._prices = prices
        self._causes = known_causes()
        self._unused = [one for invoice in request.invoices for one in invoice.unused]
        self._lines = {invoice.path: [self._owned(line) for line in invoice.lines] for invoice in request.invoices}
        self._providers: tuple[str, ...] = ()

    def result(self) -> Reconciliation:
        """Everything there is to tell."""
        request = self._request
        for path, lines in self._lines.items():
            self._lines[path] = [line for line in lines if self._in_currency(line)]
        since, until = self._bounds()
        outside = self._leave_out(since, until)
        lines = [line for found in self._lines.values() for line in found]
        named = {line.provider for line in lines}
        # A line that names no provider may be anybody's, so that everybody's requests are compared.
        everyone = None in named
        self._providers = () if everyone else tuple(sorted(filter(None, named)))

        def selected(zone: tzinfo) -> Selection:
            conditions = () if everyone else (self._of_providers(),)
            period = Period(since=_midnight(since, zone), until=_midnight(until, zone))
            return Selection(period=period, zone=zone, basis=request.basis, conditions=conditions)

        # The tokens of a bucket are those of many prompts, whose sizes nobody knows.
        thresholds = self._rates.thresholds() if request.basis == "requests" else []
        drawn: dict[tzinfo, list[billing.LoggedUsage]] = {}

        def usages_in(zone: tzinfo) -> list[billing.LoggedUsage]:
            if zone not in drawn:
                drawn[zone] = billing.logged_usage(self._connection, selected(zone), thresholds)
            return drawn[zone]

        wide = Selection(
            period=Period(
                since=_midnight(since - timedelta(days=1), UTC), until=_midnight(until + timedelta(days=1), UTC)
            ),
            zone=UTC,
            basis=request.basis,
            conditions=selected(UTC).conditions,
        )
        slots = billing.slots(self._connection, wide)
        home = usages_in(request.zone)
        names = ModelNames(self._prices, {(slot.provider, slot.model) for slot in slots if slot.model is not None})
        # Exports hold capacity as well, as their bills call it.
        cells = BilledCells(self._lines.values(), names, request.rounding, capacity=request.basis == "requests")
        settler = Settler(self._rates, self._causes)
        first, best = draw(cells, usages_in, lambda: slots, settler, request.zone)
        counts: dict[datetime, int] = defaultdict(int)
        for slot in slots:
            counts[slot.start] += slot.requests
        gaps = gap_days(counts, since, until, best.zone) if request.basis == "requests" else frozenset()
        evidence = LedgerEvidence(best.book, self._rates, gaps)
        rows = self._rows(first, best, evidence)
        return Reconciliation(
            since=since,
            until=until,
            zone=str(request.zone),
            currency=request.currency,
            providers=self._providers,
            files=tuple(
                InvoiceFile(
                    path=str(invoice.path),
                    format=invoice.format,
                    lines=len(self._lines[invoice.path]),
                    amount=total(self._lines[invoice.path]),
                    repeated=sum(one.kind == "repeated" for one in invoice.unused),
                )
                for invoice in request.invoices
            ),
            rows=tuple(sorted((row for row, _ in rows), key=_worst_first)),
            causes=self._named(rows),
            unused=tuple(self._unused),
            outside=outside,
            tolerance=request.tolerance,
            requests=sum(usage.requests for usage in home),
            unpriced_requests=sum(usage.unpriced for usage in home),
            basis=request.basis,
        )

    def _owned(self, line: InvoiceLine) -> InvoiceLine:
        """The line with the provider the user names, where the bill names none."""
        wanted = self._request.provider
        if wanted is None or line.provider is not None:
            return line
        return replace(line, provider=normalise_provider(wanted) or wanted)

    def _in_currency(self, line: InvoiceLine) -> bool:
        if line.currency == self._request.currency:
            return True
        self._unused.append(in_another_currency(line.place, line.amount, line.currency, self._request.currency))
        return False

    def _bounds(self) -> tuple[date, date]:
        """The days compared: those asked for, else those that bill and ledger both reach."""
        lines = [line for found in self._lines.values() for line in found]
        if not lines:
            raise DataError(
                "no line of the invoice can be compared"
                + (f": {self._unused[0].place}: {self._unused[0].reason}" if self._unused else ""),
                hint="name an export with usage charges",
            )
        zone, period = self._request.zone, self._request.period
        span = billing.logged_span(self._connection, self._request.basis)
        since, until = min(line.since for line in lines), max(line.until for line in lines)
        if period.since is not None:
            since = max(since, period.since.astimezone(zone).date())
        elif span.since is not None:
            since = max(since, span.since.astimezone(zone).date())
        if period.until is not None:
            until = min(until, (period.until - timedelta(microseconds=1)).astimezone(zone).date() + timedelta(days=1))
        elif span.until is not None:
            until = min(until, span.until.astimezone(zone).date() + timedelta(days=1))
        if period.since is None:  # a charge for several days is not cut
            since = min([since, *(line.since for line in lines if line.since < since < line.until)])
        if period.until is None:
            until = max([until, *(line.until for line in lines if line.since < until < line.until)])
        first, last = min(line.since for line in lines), max(line.until for line in lines) - timedelta(days=1)
        if (period.since is not None and last < since) or (period.until is not None and first >= until):
            raise DataError(
                f"the invoice, for {first} to {last}, has no day in the period asked for",
                hint="leave out --period (--since, --until), or name days of the invoice",
            )
        if span.since is None or since >= until:
            raise DataError(
                f"the invoice, for {first} to {last}, and the requests of the ledger have no day in common",
                hint="ingest the logs of that time, or name another invoice",
            )
        return since, until

    def _leave_out(self, since: date, until: date) -> Outside | None:
        """Drop the lines outside the days compared, and say what they come to."""
        left: list[InvoiceLine] = []
        for path, lines in self._lines.items():
            kept: list[InvoiceLine] = []
            for line in lines:
                if since <= line.since and line.until <= until:
                    kept.append(line)
                elif line.until <= since or line.since >= until:
                    left.append(line)
                else:
                    span = f"{line.since} to {line.until - timedelta(days=1)}"
                    self._unused.append(
                        Unused(
                            place=line.place,
                            reason=f"charges for {span}, only partly in the period",
                            amount=line.amount,
                            currency=line.currency,
                        )
                    )
            self._lines[path] = kept
        if not left:
            return None
        return Outside(
            billed=total(left),
            lines=len(left),
            first=min(line.since for line in left),
            last=max(line.until for line in left) - timedelta(days=1),
        )

    def _of_providers(self) -> tuple[Key, Condition]:
        return (
            resolve(self._connection, "provider"),
            Condition(key="provider", operator="in", values=self._providers),
        )

    def _rows(self, first: Drawn, best: Drawn, evidence: LedgerEvidence) -> list[tuple[ComparedRow, tuple[Part, ...]]]:
        """Every row with the parts that explain it; parts and rest add up to its difference."""
        found = []
        for key in dict.fromkeys([*first.book.rows, *best.book.rows]):
            home, row = first.book.rows.get(key), best.book.row(key)
            logged = Decimal(0) if home is None else home.logged
            parts = list(best.settlement.parts.get(key, ()))
            if row.logged != logged:
                detail = f"the bill counts days in {zone_name(best.zone)}"
                parts.insert(0, Part(cause="day-boundary", detail=detail, amount=row.logged - logged))
            rest = row.billed - logged - sum((part.amount for part in parts), Decimal(0))
            claimed = self._claim(row, rest, evidence)
            if claimed is not None:
                parts.append(claimed)
                rest -= claimed.amount
            compared = ComparedRow(
                key=key,
                billed=row.billed,
                lines=row.lines,
                logged=logged,
                requests=0 if home is None else home.requests,
                causes=tuple(_by_cause(parts).items()),
                unexplained=rest,
            )
            if row.lines or logged or parts:
                found.append((compared, tuple(parts)))
        return found

    def _claim(self, row: Row, rest: Decimal, evidence: LedgerEvidence) -> Part | None:
        if not rest:
            return None
        if abs(rest) <= row.tolerance:
            return (
                Part(cause="rounding", detail="amounts are rounded on the bill", amount=rest) if row.rounding else None
            )
        for name, cause in sorted(self._causes.items(), key=lambda item: (item[1].precedence, item[0])):
            detail = None if cause.claims is None else cause.claims(row, rest, evidence)
            if detail is not None:
                return Part(cause=name, detail=detail, amount=rest)
        return None

    def _named(self, rows: Sequence[tuple[ComparedRow, tuple[Part, ...]]]) -> tuple[NamedCause, ...]:
        """The causes found, largest first."""
        grouped: dict[tuple[str, str], list[tuple[RowKey, Decimal]]] = defaultdict(list)
        for row, parts in rows:
            for part in parts:
                grouped[part.cause, part.detail].append((row.key, part.amount))
        named = [
            NamedCause(
                cause=name,
                title=self._causes[name].title,
                detail=detail,
                amount=sum((amount for _, amount in found), Decimal(0)),
                moved=sum((abs(amount) for _, amount in found), Decimal(0)),
                rows=len({key for key, _ in found}),
                models=tuple(sorted({key.model for key, _ in found if key.model is not None})),
                first=min(key.since for key, _ in found),
                last=max(key.until for key, _ in found) - timedelta(days=1),
            )
            for (name, detail), found in grouped.items()
        ]
        return tuple(sorted(named, key=lambda one: (-abs(one.amount), -one.moved, one.cause, one.detail)))


def _by_cause(parts: Sequence[Part]) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for part in parts:
        amounts[part.cause] += part.amount
    return dict(amounts)


def _worst_first(row: ComparedRow) -> tuple[object, ...]:
    key = row.key
    return (
        -abs(row.unexplained),
        -abs(row.difference),
        key.since,
        key.provider or "",
        key.model or "",
        key.token_class or "",
    )


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
