"""TrueFoundry's gateway metrics: answers of `/api/svc/v1/llm-gateway/metrics/query`, spans of time by what they are grouped by.

`sumCostInUSD` is what the gateway computed, kept as `reported_cost`. Cached tokens are not told apart. Models and virtual models
are both counted unless the query leaves one out (`virtualModelName IS_NULL`), so a point of a virtual model is skipped. A point
of a distribution has no time of its own: without one it is rejected.
https://www.truefoundry.com/docs/ai-gateway/fetch-model-metrics
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llmcost.ingest.source import Numbered, Record, Source
from llmcost.ingest.sources._statements import TOLD, told


def _is_answer(record: Record) -> bool:
    data = record.get("data")
    points = data.get("dataPoints") if isinstance(data, dict) else None
    return _is_point(record) or (isinstance(points, list) and bool(points) and all(_is_point(one) for one in points))


def _is_point(point: Any) -> bool:
    return isinstance(point, dict) and ("sumCostInUSD" in point or "sumInputTokens" in point) and "spanId" not in point


def _points(numbered: Iterable[Numbered], _lineage: Mapping[str, str]) -> Iterator[Numbered]:
    for number, record in numbered:
        for point in told(number, record, None if _is_point(record) else record["data"]["dataPoints"]):
            tags = {key.removeprefix("metadata."): value for key, value in point.items() if key.startswith("metadata.")}
            own = {key: value for key, value in point.items() if key != "modelName"}
            about = {"llmcost_bucket": "truefoundry", "llmcost_model": point.get("modelName"), "llmcost_tags": tags}
            yield number, {**own, **about}


source = Source(
    title="TrueFoundry gateway metrics",
    grain="bucket",
    revision=2,
    issuer="'truefoundry'",
    claims="@llmcost_bucket = 'truefoundry'",
    keeps="filled(@virtualModelName) is null and filled(@virtualModel) is null",
    fields={
        "started_at": "coalesce(@startTimestamp:time, @startTs:time)",
        "ended_at": "coalesce(@endTimestamp:time, @endTs:time)",
        "exporter": "'gateway'",
        "provider": "filled(@providerAccountType)",
        "request_model": "coalesce(filled(@providerModelName), filled(@llmcost_model))",
        "operation": "case when contains(lower(@requestType), 'embed') then 'embeddings' end",
        "virtual_account": "filled(@virtualaccount)",
        "requests": "#total",
        "uncached_input_tokens": "#sumInputTokens",
        "output_text_tokens": "#sumOutputTokens",
        "reported_cost": "sum_amount(@sumCostInUSD)",
        "reported_currency": "'USD'",
        "reported_by": "'truefoundry'",
        **TOLD,
    },
    tags=(
        "pairs_of(@llmcost_tags:json)",
        "pair('user_email', coalesce(@userEmail, @createdBySubjectSlug))",
        "pair('team', @team)",
        "pair('model_name', @llmcost_model)",
    ),
    recognises_stream=_is_answer,
    stream=_points,
)
