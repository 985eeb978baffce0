"""LiteLLM's `/spend/logs` when it summarises (`summarize=true`, its default with dates): spend by day and model.

`spend` is what the proxy computed, kept as `reported_cost`. There are no tokens and no requests in it, so llmcost has no cost
of its own for it: daily activity tells more, and comes before it. What a day spent beyond its models keeps no model.
https://docs.litellm.ai/docs/proxy/cost_tracking
"""

from collections.abc import Iterable, Iterator, Mapping

from llmcost.ingest.source import Numbered, Record, Source
from llmcost.ingest.sources._litellm import less


def _is_day(record: Record) -> bool:
    return (
        "startTime" in record
        and "spend" in record
        and isinstance(record.get("models"), dict)
        and isinstance(record.get("users"), dict)
    )


def _models(numbered: Iterable[Numbered], _lineage: Mapping[str, str]) -> Iterator[Numbered]:
    for line, day in numbered:
        about = {"llmcost_bucket": "litellm-spend", "startTime": day["startTime"]}
        left = day["spend"]
        for model, spend in day["models"].items():
            left = less(left, spend)
            yield line, {**about, "model": model, "spend": spend}
        if left:
            yield line, {**about, "spend": left}


source = Source(
    title="LiteLLM spend summary",
    grain="bucket",
    issuer="'litellm'",
    claims="@llmcost_bucket = 'litellm-spend'",
    fields={
        "started_at": "try_cast(left(@startTime, 10) as timestamp)",
        "exporter": "'gateway-view'",
        "request_model": "filled(@model)",
        "reported_cost": "sum_amount(@spend)",
        "reported_currency": "'USD'",
        "reported_by": "'litellm'",
    },
    recognises_stream=_is_day,
    stream=_models,
)
