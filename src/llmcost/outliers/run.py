"""Run the detectors over some traffic and settle what their findings would save together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.ledger.conditions import conditions
from llmcost.outliers.detector import NotEvaluable
from llmcost.outliers.finding import Audit, Finding, NotEvaluated
from llmcost.outliers.ledger import net_savings
from llmcost.outliers.registry import known_detectors
from llmcost.outliers.traffic import Floors, Traffic, open_traffic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.ledger.connection import Connection
    from llmcost.outliers.detector import Detector, Overlap
    from llmcost.outliers.traffic import LimitsInUse
    from llmcost.pricing.price_list import PriceList

_EVERYTHING = Period()
_FLOORS = Floors()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """What to look at, with which detectors."""

    period: Period = _EVERYTHING
    zone: tzinfo = UTC
    where: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()
    """Ids; none for all."""
    production: tuple[str, ...] = ("production", "prod", "live")
    min_savings: Decimal | None = None
    """Findings that would save less, by the middle estimate, are left out."""
    dismissed: frozenset[str] = frozenset()
    """Ids of findings to leave out."""
    floors: Floors = _FLOORS
    narrowing: str = ""
    """The options that select the same traffic again but for its period."""
    spanning: str = ""
    """The options that select the same period again."""
    limits: LimitsInUse | None = None
    """How near limits came to being used up by the requests selected; None where no limit is known."""


def audit(connection: Connection, prices: PriceList, request: AuditRequest) -> Audit:
    """Everything found; UsageError for a detector or a key nobody knows."""
    chosen = _chosen(request.detectors)
    selection = Selection(
        period=request.period, zone=request.zone, basis="requests", conditions=conditions(connection, request.where)
    )
    traffic = open_traffic(
        connection,
        selection,
        prices,
        production=request.production,
        floors=request.floors,
        narrowing=request.narrowing,
        spanning=request.spanning,
        limits=request.limits,
    )
    found: list[tuple[Finding, Overlap]] = []
    skipped: list[NotEvaluated] = []
    clean: list[str] = []
    for name, detector in chosen.items():
        outcome = _looked(traffic, name, detector)
        if isinstance(outcome, NotEvaluated):
            skipped.append(outcome)
            continue
        if not outcome:
            clean.append(name)
        found += [(one, detector.overlap) for one in outcome]
    return _settled(traffic, request, found, tuple(skipped), tuple(clean))


def _settled(
    traffic: Traffic,
    request: AuditRequest,
    found: Sequence[tuple[Finding, Overlap]],
    skipped: tuple[NotEvaluated, ...],
    clean: tuple[str, ...],
) -> Audit:
    kept = [
        (one, overlap) for one, overlap in found if _worth(one, request.min_savings) and one.id not in request.dismissed
    ]
    net, net_total = net_savings(traffic, kept)
    return Audit(
        findings=tuple(sorted((one for one, _ in kept), key=_rank)),
        net=net,
        net_total=net_total,
        not_evaluated=skipped,
        clean=clean,
        requests=traffic.requests,
        cost=traffic.cost,
        unpriced=traffic.unpriced,
        stale=traffic.stale(),
        since=traffic.first,
        until=traffic.last,
        hidden=len(found) - len(kept),
    )


def _looked(traffic: Traffic, name: str, detector: Detector) -> list[Finding] | NotEvaluated:
    if not traffic.requests:
        return NotEvaluated(detector=name, reason="no requests in this period")
    lacking = [column for column in detector.needs if column not in traffic.present]
    if lacking:
        return NotEvaluated(detector=name, reason=f"no request has a value for {', '.join(lacking)}")
    try:
        return sorted((replace(one, detector=name) for one in detector.find(traffic)), key=_rank)
    except NotEvaluable as reason:
        return NotEvaluated(detector=name, reason=str(reason))


def _rank(one: Finding) -> tuple[Decimal, Decimal, str]:
    return (Decimal(0) if one.savings is None else -one.savings.mid, -(one.cost or Decimal(0)), one.id)


def _worth(one: Finding, least: Decimal | None) -> bool:
    return least is None or (one.savings is not None and one.savings.mid >= least)


def _chosen(names: Sequence[str]) -> dict[str, Detector]:
    known = known_detectors()
    for name in names:
        if name not in known:
            from llmcost.domain.text import nearest

            raise UsageError(
                f"no detector is called {name!r}", hint=nearest(name, known) or f"the detectors are {', '.join(known)}"
            )
    return {name: one for name, one in known.items() if not names or name in names}
