"""Why a call costs what it costs, as `llmcost/explain/1`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from llmcost.domain.request import WHO
from llmcost.ingest.trace import Trace
from llmcost.render.numbers import plain
from llmcost.render.price_lines import line_document, price_document
from llmcost.render.prices import exact_moment
from llmcost.reports.explain import Explained


def document(found: Sequence[Explained], traces: Sequence[Trace]) -> dict[str, Any]:
    """The stable shape `llmcost/explain/1`: the rows together, then each by itself."""
    requests = [_request(one, traced) for one, traced in zip(found, traces, strict=True)]
    costs = [one.row["cost"] for one in found if one.row["cost"] is not None]
    prices = [request["price"] for request in requests]
    return {
        "schema": "llmcost/explain/1",
        "request_id": found[0].row["request_id"],
        "currency": found[0].currency,
        "cost": plain(sum(costs, Decimal(0))) if costs else None,
        "lines": [line for request in requests for line in request["lines"]],
        "price": prices[0] if all(price == prices[0] for price in prices) else None,
        "requests": requests,
    }


def _request(one: Explained, traced: Trace) -> dict[str, Any]:
    row = one.row
    texts = (
        "issuer",
        "source",
        "time_origin",
        "provider",
        "request_model",
        "response_model",
        "model",
        "operation",
        "status",
    )
    conditions = ("http_status", "processing", "service_tier", "speed", "inference_region", "unit_size", "usage_origin")
    difference = one.claimed_beyond
    return {
        "row_key": str(row["row_key"]),
        "request_id": row["request_id"],
        "part": row["part"],
        "started_at": f"{exact_moment(row['started_at']).replace(' ', 'T')}Z",
        **{name: row[name] for name in (*texts, *conditions)},
        "who": {name: row[name] for name in WHO if row[name] is not None},
        "cost": None if row["cost"] is None else plain(row["cost"]),
        "cost_status": row["cost_status"],
        "charge_basis": row["charge_basis"],
        "reason": row["cost_reason"],
        "lines": [line_document(line) for line in one.lines],
        "list_value": None if row["list_value"] is None else plain(row["list_value"]),
        "list_lines": [line_document(line) for line in one.list_lines],
        "price": None
        if one.calculation is None or one.price is None
        else price_document(one.calculation, one.price, one.context, one.started_at),
        "check": {
            "agrees": one.agrees if one.recomputed is not None else None,
            "recomputed": None if one.recomputed is None else plain(one.recomputed),
        },
        "nearest": list(one.nearest),
        "reported": None
        if row["reported_cost"] is None
        else {
            "cost": plain(row["reported_cost"]),
            "currency": row["reported_currency"],
            "by": row["reported_by"],
            "difference": None if difference is None else plain(difference),
            "difference_ratio": None
            if difference is None or not row["cost"]
            else round(float(difference / row["cost"]), 6),
        },
        "conflicts": [
            {"source": at.source, "path": at.path, "kept_tokens": at.kept_tokens, "other_tokens": at.other_tokens}
            for at in one.conflicts
        ],
        "files": [
            {"path": at.path, "state": at.state, "lines": list(at.lines), "changed": at.changed}
            for at in traced.sightings
        ],
        "files_not_searched": traced.unsearched,
    }
