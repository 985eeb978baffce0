"""An allocation for machines: JSON `llmcost/chargeback/1`, and CSV as a journal of one line per owner and cost."""

import csv as standard
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from llmcost.allocation.chargeback import Chargeback
from llmcost.allocation.record import Allocation, ChargeLine, Evidence, Line, Source
from llmcost.domain.exact import EXACT, total
from llmcost.render.csv import safe
from llmcost.render.json import dumped
from llmcost.render.numbers import plain

_CSV = (
    "period",
    "by",
    "owner",
    "source",
    "kind",
    "method",
    "driver",
    "base",
    "base_total",
    "share",
    "source_cost",
    "cost",
    "amount",
    "currency",
    "requests",
    "unpriced_requests",
    "evidence",
)


def json_document(found: Chargeback) -> str:
    """The allocation, ending in a line break."""
    return f"{dumped({'schema': 'llmcost/chargeback/1', **shape(found)})}\n"


def shape(found: Chargeback) -> dict[str, Any]:
    """What the document says of the period, its owners, its costs and its lines."""
    allocation = found.allocation
    whole = total(line.amount for line in allocation.lines)
    return {
        **head(found),
        "owners": [owner(name, mine, whole) for name, mine in allocation.by_owner.items()],
        "sources": [source_shape(one) for one in allocation.sources],
        "lines": [json_line(one) for one in allocation.lines],
        "charges": [_charge(one) for one in allocation.charges],
        "notes": [*allocation.notes, *found.notes],
    }


def head(found: Chargeback) -> dict[str, Any]:
    """What every document about an allocation begins with."""
    allocation, closing = found.allocation, found.closing
    return {
        "by": allocation.by,
        "label": allocation.label,
        "period": {"since": allocation.since, "until": allocation.until, "tz": allocation.zone},
        "currency": allocation.currency,
        "decimals": allocation.decimals,
        "basis": allocation.basis,
        "closed": None
        if closing is None
        else {
            "at": f"{closing.closed_at.replace(tzinfo=None).isoformat()}Z",
            "hash": closing.hash,
            "note": closing.note,
            "outstanding": plain(found.outstanding),
        },
        "totals": {
            "amount": plain(total(line.amount for line in allocation.lines)),
            "cost": plain(total(line.cost for line in allocation.lines)),
            "requests_cost": plain(allocation.ledger_cost),
            "unattributed_cost": plain(total(one.cost for one in allocation.sources if one.kind == "unattributed")),
            "charges_cost": plain(allocation.charges_cost),
            "invoice": None if allocation.invoice is None else plain(allocation.invoice),
            "difference": None if allocation.invoice is None else plain(allocation.difference),
            "requests": allocation.requests,
            "unpriced_requests": allocation.unpriced_requests,
        },
    }


def owner(name: str | None, mine: Sequence[Line], whole: Decimal) -> dict[str, Any]:
    """What one owner bears of the whole."""
    amount = total(line.amount for line in mine)
    return {
        "owner": name,
        "amount": None if all(line.unknown for line in mine) else plain(amount),
        "cost": None if all(line.unknown for line in mine) else plain(total(line.cost for line in mine)),
        "share": round(float(amount / whole), 6) if whole else None,
        "requests": sum(line.requests or 0 for line in mine),
        "unpriced_requests": sum(line.unpriced_requests for line in mine),
    }


def csv_lines(allocation: Allocation, lines: Sequence[Line] | None = None) -> str:
    """The lines, or some of them, as CSV after RFC 4180. `cost` is exact, `amount` is what statements say."""
    target = io.StringIO(newline="")
    writer = standard.writer(target)
    writer.writerow(_CSV)
    for line in allocation.lines if lines is None else lines:
        writer.writerow(
            [
                allocation.label,
                safe(allocation.by),
                "" if line.owner is None else safe(line.owner),
                safe(line.source),
                line.kind,
                line.method,
                line.driver or "",
                _number(line.base),
                _number(line.base_total),
                "" if _share(line) is None else f"{_share(line):f}",
                plain(line.source_cost),
                "" if line.unknown else plain(line.cost),
                "" if line.unknown else f"{line.amount:.{allocation.decimals}f}",
                allocation.currency,
                "" if line.requests is None else line.requests,
                line.unpriced_requests,
                "; ".join(f"{one.sign} {safe(one.command)}" for one in evidence_of(allocation, line)).removeprefix(
                    "+ "
                ),
            ]
        )
    return target.getvalue()


def evidence_of(allocation: Allocation, line: Line) -> tuple[Evidence, ...]:
    """The commands behind a line: its own, else those of the cost it is a share of."""
    if line.evidence:
        return line.evidence
    return next((one.evidence for one in allocation.sources if one.name == line.source and one.kind == line.kind), ())


def json_line(line: Line) -> dict[str, Any]:
    """One line."""
    share = _share(line)
    return {
        "owner": line.owner,
        "source": line.source,
        "kind": line.kind,
        "method": line.method,
        "driver": line.driver,
        "base": None if line.base is None else _number(line.base),
        "base_total": None if line.base_total is None else _number(line.base_total),
        "share": None if share is None else float(share),
        "source_cost": plain(line.source_cost),
        "cost": None if line.unknown else plain(line.cost),
        "amount": None if line.unknown else plain(line.amount),
        "requests": line.requests,
        "unpriced_requests": line.unpriced_requests,
        "evidence": [_evidence(one) for one in line.evidence],
    }


def source_shape(one: Source) -> dict[str, Any]:
    """One cost before it is shared."""
    return {
        "source": one.name,
        "kind": one.kind,
        "method": one.method,
        "cost": None if one.unknown else plain(one.cost),
        "amount": None if one.unknown else plain(one.amount),
        "requests": one.requests,
        "unpriced_requests": one.unpriced_requests,
        "evidence": [_evidence(term) for term in one.evidence],
        "basis": list(one.basis),
    }


def _evidence(one: Evidence) -> dict[str, Any]:
    return {"sign": one.sign, "command": one.command, "cost": plain(one.cost)}


def _charge(one: ChargeLine) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "provider": one.provider,
        one.grain: f"{one.first_day:%Y-%m}" if one.grain == "month" else str(one.first_day),
        "first_day": str(one.first_day),
        "last_day": None if one.last_day is None else str(one.last_day),
        "quantity": _number(one.quantity),
        "unit": one.unit,
        "unit_price": plain(one.unit_price),
        **({} if one.rate is None else {"rate": plain(one.rate)}),
        "amount": plain(one.amount),
    }


def _share(line: Line) -> Decimal | None:
    if line.base is None or not line.base_total:
        return None
    return round(EXACT.divide(line.base, line.base_total), 6)


def _number(value: Decimal | None) -> str:
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
