"""OpenTelemetry metrics as the JSON a collector takes.

The encoding is https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: whole numbers of 64 bits are text.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llmcost import __version__
from llmcost.exports.otlp import Metric, attribute_value

_DELTA = 1


def documents(found: Sequence[Metric], most: int) -> Iterator[str]:
    """The metrics as JSON documents of so many data points at most, each a whole export request; ASCII only."""
    batch: list[dict[str, Any]] = []
    room = most
    for metric in found:
        points = list(metric.points)
        while points:
            taken, points = points[:room], points[room:]
            batch.append(_metric(metric, taken))
            room -= len(taken)
            if not room:
                yield _document(batch)
                batch, room = [], most
    if batch:
        yield _document(batch)


def _metric(metric: Metric, points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    told = {"name": metric.name, "unit": metric.unit, "description": metric.description}
    data = {"dataPoints": list(points), "aggregationTemporality": _DELTA}
    return {**told, "histogram": data} if metric.histogram else {**told, "sum": {**data, "isMonotonic": True}}


def _document(found: Sequence[dict[str, Any]]) -> str:
    resource = [attribute_value("service.name", "llmcost"), attribute_value("service.version", __version__)]
    scope = {"name": "llmcost", "version": __version__}
    return json.dumps(
        {
            "resourceMetrics": [
                {"resource": {"attributes": resource}, "scopeMetrics": [{"scope": scope, "metrics": list(found)}]}
            ]
        },
        allow_nan=False,
    )
