"""OpenTelemetry metrics (OTLP as JSON): tokens and duration of calls as histograms, cost and calls as sums.

Names and buckets of the first two are OpenTelemetry's own
(https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/), and so are the names of providers. Cost has none there
and is `llmcost.cost`. Every point is a delta: what happened in one hour or day, so that exporting a span once counts it once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from llmcost.domain.errors import UsageError
from llmcost.exports.naming import OTEL
from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.identifiers import quote_literal
from llmcost.ledger.keys import Key, resolve

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

Grain = Literal["hour", "day"]
GRAINS: tuple[Grain, ...] = get_args(Grain)

DIMENSIONS = ("team", "environment")
"""What becomes attributes unless something else is asked for, beside what the conventions ask for."""

TOKEN_BOUNDS = tuple(4**power for power in range(14))
SECOND_BOUNDS = tuple(round(0.01 * 2**power, 2) for power in range(14))

_INPUT = (
    *("uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"),
    *("input_audio_tokens", "cache_read_audio_tokens", "input_image_tokens"),
)
_OUTPUT = ("output_text_tokens", "reasoning_tokens", "output_audio_tokens", "output_image_tokens")
_DURATION = "case when calls > 0 then latency_ms / 1000 end"
"""A further part of a call has its tokens, and no time, of its own."""
_CONVENTIONAL = {
    "gen_ai.operation.name": "operation",
    "gen_ai.provider.name": "provider",
    "gen_ai.request.model": "coalesce(request_model, model)",
    "gen_ai.response.model": "response_model",
}
"""Attribute -> SQL; only the first and the model asked for are known of every call."""
_FAILED = {"error.type": "case when status = 'error' then coalesce(cast(http_status as varchar), '_OTHER') end"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric and its data points."""

    name: str
    unit: str
    """As UCUM spells it."""
    description: str
    points: tuple[Mapping[str, Any], ...]
    """OTLP data points, by time and attributes."""
    histogram: bool = False


def metrics(
    connection: "Connection", selection: Selection, *, grain: Grain = "hour", by: Sequence[str] = DIMENSIONS
) -> tuple[Metric, ...]:
    """The metrics of the selected requests, spans of time in UTC; `by` are dimensions and tags that become attributes.

    An attribute without a value is left out. Raises UsageError for a key there is none of.
    """
    keys = {_attribute(name): resolve(connection, name) for name in by}
    for key in keys.values():
        if key.grain:
            raise UsageError(
                f"{key.name!r} is a span of time, not an attribute", hint="--grain sets the length of a span"
            )
    source = _Source(connection, replace(selection, conversion=None), keys, grain)
    tokens = (
        *source.histogram(_sum(_INPUT), TOKEN_BOUNDS, fixed={"gen_ai.token.type": "input"}),
        *source.histogram(_sum(_OUTPUT), TOKEN_BOUNDS, fixed={"gen_ai.token.type": "output"}),
    )
    return (
        Metric(
            name="gen_ai.client.token.usage",
            unit="{token}",
            description="Number of input and output tokens used.",
            points=tokens,
            histogram=True,
        ),
        Metric(
            name="gen_ai.client.operation.duration",
            unit="s",
            description="GenAI operation duration.",
            points=tuple(source.histogram(_DURATION, SECOND_BOUNDS, extra=_FAILED)),
            histogram=True,
        ),
        Metric(
            name="llmcost.cost",
            unit="{USD}",
            description="Cost of calls whose price is known.",
            points=tuple(source.sums("sum(cost)", "asDouble")),
        ),
        Metric(
            name="llmcost.requests",
            unit="{request}",
            description="Calls, failed and free ones included.",
            points=tuple(source.sums("sum(calls)", "asInt", extra=_FAILED)),
        ),
        Metric(
            name="llmcost.unpriced_requests",
            unit="{request}",
            description="Calls whose cost is unknown.",
            points=tuple(source.sums("sum(unpriced_calls)", "asInt")),
        ),
    )


class _Source:
    """The selected requests in spans of time, with the attributes their points have."""

    def __init__(self, connection: "Connection", selection: Selection, keys: Mapping[str, Key], grain: Grain) -> None:
        self._connection = connection
        self._selection = selection
        self._keys = keys
        self._grain = grain
        self._length = timedelta(hours=1) if grain == "hour" else timedelta(days=1)

    def histogram(
        self,
        value: str,
        bounds: Sequence[float],
        *,
        fixed: Mapping[str, str] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Iterator[Mapping[str, Any]]:
        """Points of how a value, in terms of a request, is spread; requests without it are left out."""
        below = [f"count(*) filter (where measured <= {bound})" for bound in bounds]
        columns = ["count(*)", "sum(measured)", "min(measured)", "max(measured)", *below]
        for point, cells in self._grouped(value, columns, extra or {}, fixed or {}):
            count, total, least, most, *cumulative = cells
            steps = [after - before for before, after in zip([0, *cumulative], [*cumulative, count], strict=True)]
            yield {
                **point,
                "count": str(count),
                "sum": float(total),
                "min": float(least),
                "max": float(most),
                "bucketCounts": [str(step) for step in steps],
                "explicitBounds": list(bounds),
            }

    def sums(
        self, aggregate: str, kind: Literal["asInt", "asDouble"], *, extra: Mapping[str, str] | None = None
    ) -> Iterator[Mapping[str, Any]]:
        """Points of a sum; groups of nothing are left out."""
        for point, (value,) in self._grouped("1", [aggregate], extra or {}, {}):
            if value:
                yield {**point, kind: str(int(value)) if kind == "asInt" else float(value)}

    def _grouped(
        self, value: str, columns: Sequence[str], extra: Mapping[str, str], fixed: Mapping[str, str]
    ) -> Iterator[tuple[dict[str, Any], tuple[Any, ...]]]:
        query = Query()
        rows = query.rows(self._connection, self._selection, list(self._keys.values()))
        attributes = {
            **_CONVENTIONAL,
            **extra,
            **{name: f"cast(key_{place} as varchar)" for place, name in enumerate(self._keys)},
        }
        names = [f"attribute_{place}" for place in range(len(attributes))]
        stated = ", ".join(f"{sql} as {name}" for sql, name in zip(attributes.values(), names, strict=True))
        found = self._connection.execute(
            f"""
            {rows},
            measurements as (
                select date_trunc({quote_literal(self._grain)}, started_at) as span, {stated}, {value} as measured, calls, cost, unpriced_calls
                from keyed
            )
            select span, {", ".join(names)}, {", ".join(columns)}
            from measurements
            where measured is not null
            group by span, {", ".join(names)}
            order by span, {", ".join(f"{name} nulls last" for name in names)}
            """,
            query.parameters,
        ).fetchall()
        for row in found:
            start = row[0].replace(tzinfo=UTC)
            known = dict(zip(attributes, row[1 : 1 + len(names)], strict=True))
            point = {
                "startTimeUnixNano": _nanoseconds(start),
                "timeUnixNano": _nanoseconds(start + self._length),
                "attributes": [
                    attribute_value(name, text) for name, text in {**known, **fixed}.items() if text is not None
                ],
            }
            yield point, row[1 + len(names) :]


def _sum(columns: Sequence[str]) -> str:
    return f"list_sum([{', '.join(columns)}])"


def _attribute(name: str) -> str:
    """The attribute a dimension or a tag becomes."""
    return f"llmcost.tag.{name.removeprefix('tags.')}" if name.startswith("tags.") else f"llmcost.{name}"


def attribute_value(name: str, text: str) -> dict[str, Any]:
    """An attribute of text as OTLP has it, a provider as OpenTelemetry calls it."""
    value = OTEL.get(text, text) if name == "gen_ai.provider.name" else text
    return {"key": name, "value": {"stringValue": value}}


def _nanoseconds(moment: datetime) -> str:
    return str(int(moment.timestamp()) * 1_000_000_000)
