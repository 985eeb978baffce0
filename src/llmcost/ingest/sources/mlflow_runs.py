"""Experiment runs of MLflow and of TrueFoundry's ML repositories: answers of their APIs, and tables of `mlflow.search_runs()`.

A run that logged what its calls used (`input_tokens`, `output_tokens`, a cost, ... as metrics, the model as a parameter) is an
aggregate over the time it ran, attributed by its tags, its name and its experiment. Metrics are the last values logged, so they
must be running totals. Input includes cached tokens, output includes reasoning. Runs without such metrics are passed over. A
run that goes on is met again with more, and the larger reading holds.
https://mlflow.org/docs/latest/api_reference/rest-api.html#search-runs, `RunDto` of the truefoundry package
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llmcost.ingest.source import Numbered, Record, Source

_METRICS = {
    "input": ("input_tokens", "prompt_tokens", "total_input_tokens", "total_prompt_tokens"),
    "cached": ("cached_tokens", "cache_read_tokens", "cache_read_input_tokens", "cached_input_tokens"),
    "written": ("cache_write_tokens", "cache_creation_input_tokens"),
    "output": ("output_tokens", "completion_tokens", "total_output_tokens", "total_completion_tokens"),
    "reasoning": ("reasoning_tokens", "reasoning_output_tokens"),
    "cost": ("cost", "cost_usd", "total_cost", "total_cost_usd", "llm_cost"),
    "requests": ("requests", "num_requests", "llm_calls", "num_calls", "api_calls"),
}
_PARAMS = {
    "model": ("model", "model_name", "llm_model", "model_id", "llm"),
    "provider": ("provider", "llm_provider", "model_provider"),
}
_SPELT_OUT = {"mlflow.user": "user", "mlflow.runName": "run_name", "mlflow.parentRunId": "parent_run_id"}


def _is_answer(record: Record) -> bool:
    runs = record.get("runs")
    if isinstance(runs, list):
        return bool(runs) and all(_is_run(run) for run in runs)
    return _is_run(record) or _is_run(record.get("run")) or _is_row(record)


def _is_run(run: Any) -> bool:
    info = run.get("info") if isinstance(run, dict) else None
    return isinstance(info, dict) and "run_id" in info and "experiment_id" in info and "start_time" in info


def _is_row(record: Record) -> bool:
    """A row of a table: one column for each metric, parameter and tag."""
    kinds = ("metrics.", "params.", "tags.")
    return "run_id" in record and "experiment_id" in record and any(key.startswith(kinds) for key in record)


def _runs(numbered: Iterable[Numbered], _lineage: Mapping[str, str]) -> Iterator[Numbered]:
    for line, record in numbered:
        if _is_row(record):
            parts = {kind: _columns(record, f"{kind}.") for kind in ("metrics", "params", "tags")}
            yield line, _flat(record, parts)
            continue
        for run in record["runs"] if isinstance(record.get("runs"), list) else [record.get("run", record)]:
            data = run.get("data")
            held = data if isinstance(data, dict) else {}
            yield line, _flat(run["info"], {kind: _pairs(held.get(kind)) for kind in ("metrics", "params", "tags")})


def _columns(record: Record, prefix: str) -> Record:
    return {key.removeprefix(prefix): value for key, value in record.items() if key.startswith(prefix)}


def _pairs(listed: Any) -> Record:
    if not isinstance(listed, list):
        return {}
    return {str(item["key"]): item.get("value") for item in listed if isinstance(item, dict) and "key" in item}


def _flat(info: Record, parts: Mapping[str, Record]) -> Record:
    metrics = {name: _first(parts["metrics"], keys) for name, keys in _METRICS.items()}
    params = {name: _first(parts["params"], keys) for name, keys in _PARAMS.items()}
    tags = {
        _SPELT_OUT.get(key, key): value for key, value in parts["tags"].items() if key in _SPELT_OUT or "." not in key
    }
    own = {
        "run_id": info.get("run_id"),
        "run_name": info.get("run_name") or info.get("name"),
        "experiment_id": info.get("experiment_id"),
        "user": info.get("user_id"),
    }
    known = {key: str(value) for key, value in {**own, **tags}.items() if _stated(value)}
    times = {"start_time": info.get("start_time"), "end_time": info.get("end_time")}
    return {"llmcost_run": {**metrics, **params, **times}, "llmcost_tags": known}


def _stated(value: Any) -> bool:
    """Whether there is a value; it may be of any kind, a list as well."""
    return value is not None and value != ""


def _first(values: Record, keys: Iterable[str]) -> Any:
    found = next((values[key] for key in keys if _stated(values.get(key))), None)
    # Metrics are floating point everywhere.
    return int(found) if isinstance(found, float) and found.is_integer() else found


source = Source(
    title="MLflow and TrueFoundry runs",
    grain="bucket",
    issuer="'mlflow'",
    claims="@llmcost_run is not null",
    keeps="coalesce(@llmcost_run.input, @llmcost_run.output, @llmcost_run.cost) is not null",
    steps={"input": "#llmcost_run.input", "output": "#llmcost_run.output"},
    fields={
        "started_at": "@llmcost_run.start_time:time",
        "ended_at": "greatest(@llmcost_run.end_time:time, @llmcost_run.start_time:time + interval 1 millisecond)",
        "exporter": "'gateway-view'",
        "provider": "filled(@llmcost_run.provider)",
        "request_model": "filled(@llmcost_run.model)",
        "requests": "#llmcost_run.requests",
        "uncached_input_tokens": "beyond($input, coalesce(#llmcost_run.cached, 0) + coalesce(#llmcost_run.written, 0))",
        "cache_read_tokens": "case when $input is not null then coalesce(#llmcost_run.cached, 0) end",
        "cache_write_5m_tokens": "case when $input is not null then coalesce(#llmcost_run.written, 0) end",
        "output_text_tokens": "beyond($output, coalesce(#llmcost_run.reasoning, 0))",
        "reasoning_tokens": "case when $output is not null then coalesce(#llmcost_run.reasoning, 0) end",
        "reported_cost": "sum_amount(@llmcost_run.cost)",
        "reported_currency": "case when @llmcost_run.cost is not null then 'USD' end",
        "reported_by": "case when @llmcost_run.cost is not null then 'mlflow' end",
    },
    tags=("pairs_of(@llmcost_tags:json)",),
    recognises_stream=_is_answer,
    stream=_runs,
)
