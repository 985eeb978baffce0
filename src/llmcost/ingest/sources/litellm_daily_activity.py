"""LiteLLM's daily activity: answers of `/user/daily/activity` and rows of its daily tables (`LiteLLM_DailyUserSpend`, ...).

`prompt_tokens` includes cache reads and writes; `spend` is what the proxy computed, kept as `reported_cost`. An answer is
taken apart by model and, where it says so, by key; what its days count beyond their models keeps no model. A day may be parted
by the pages of an answer, which add up within a file. An answer or table by team, organization, customer, agent or tag knows
only the calls that have one, and a call with two tags twice: it stands back behind one by user. LiteLLM says no provider beside
a model: the price list does. Shape: litellm 1.109.1, proxy/schema.prisma (https://docs.litellm.ai/docs/proxy/cost_tracking).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llmcost.ingest.source import Numbered, Record, Source
from llmcost.ingest.sources._litellm import less
from llmcost.ingest.sources._statements import TOLD, same_as

_COUNTS = (
    "prompt_tokens",
    "completion_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "api_requests",
)


_ROW = {"date", "api_requests", "spend", "prompt_tokens", "api_key"}
_VIEWS = ("tag", "end_user_id", "organization_id", "team_id", "agent_id")
"""What the tables beside that of users are by."""


def _is_known(record: Record) -> bool:
    days = record.get("results")
    return (
        record.keys() >= _ROW
        or _is_day(record)
        or (isinstance(days, list) and bool(days) and all(_is_day(day) for day in days))
    )


def _is_day(day: Any) -> bool:
    return isinstance(day, dict) and "date" in day and isinstance(day.get("metrics"), dict)


def _rows(numbered: Iterable[Numbered], _lineage: Mapping[str, str]) -> Iterator[Numbered]:
    """The days of answers as rows of the daily table, and its rows, which their ids tell apart."""
    for number, record in numbered:
        if record.keys() >= _ROW:
            view = next((name for name in _VIEWS if name in record), None)
            about = {
                "llmcost_view": view,
                "llmcost_breakdown": f"api_key,endpoint,model,provider,{view or 'user_id'}",
                "llmcost_statement": number,
                "llmcost_piece": record.get("id") or same_as(record),
            }
            yield number, {**record, **about}
            continue
        page = _object(record.get("metadata")).get("page")
        for day in [record] if _is_day(record) else record["results"]:
            about = {"llmcost_statement": number, "llmcost_piece": page}
            yield from ((number, {**row, **about}) for row in _of_day(day))


def _of_day(day: Record) -> Iterator[Record]:
    breakdown = _object(day.get("breakdown"))
    models = _object(breakdown.get("models"))
    by_key = any("api_key_breakdown" in _object(found) for found in models.values())
    about = {
        "date": day["date"],
        "llmcost_view": "entities" if breakdown.get("entities") else None,
        "llmcost_breakdown": "api_key,model,team_id" if by_key else "model",
    }
    left = _numbers(day["metrics"])
    for model, found in models.items():
        metrics = _metrics(found)
        _take(left, metrics)
        rest = _numbers(metrics)
        for key, of_key in _object(_object(found).get("api_key_breakdown")).items():
            metadata = _object(_object(of_key).get("metadata"))
            _take(rest, _metrics(of_key))
            yield {
                **about,
                **_numbers(_metrics(of_key)),
                "model": model,
                "api_key": metadata.get("key_alias") or key,
                "team_id": metadata.get("team_id"),
            }
        if any(rest.values()):
            yield {**about, **rest, "model": model, "api_key": ""}
    if any(left.values()):
        yield {**about, **left, "api_key": ""}


def _metrics(found: Any) -> Record:
    """The metrics of a breakdown's entry, which older answers have in the entry itself."""
    inner = _object(found).get("metrics")
    return inner if isinstance(inner, dict) else _object(found)


def _numbers(metrics: Record) -> Record:
    return {name: metrics.get(name) or 0 for name in (*_COUNTS, "spend")}


def _take(left: Record, metrics: Record) -> None:
    """Take what is told apart out of a total; never below zero."""
    for name in _COUNTS:
        if isinstance(left[name], int) and isinstance(found := metrics.get(name), int):
            left[name] = max(left[name] - found, 0)
    left["spend"] = less(left["spend"], metrics.get("spend"))


def _object(value: Any) -> Record:
    return value if isinstance(value, dict) else {}


source = Source(
    title="LiteLLM daily activity",
    grain="bucket",
    revision=2,
    issuer="'litellm'",
    claims="@date is not null and @api_requests is not null and @spend is not null and @prompt_tokens is not null "
    "and @api_key is not null",
    steps={
        "cached": "coalesce(#cache_read_input_tokens, 0)",
        "written": "coalesce(#cache_creation_input_tokens, 0)",
    },
    fields={
        "started_at": "@date:time",
        "exporter": "case when @llmcost_view is null then 'gateway' else 'gateway-view' end",
        "provider": "filled(@custom_llm_provider)",
        "request_model": "coalesce(filled(@model), filled(@model_group))",
        "operation": """case
            when contains(@endpoint, 'embedding') then 'embeddings' when contains(@endpoint, 'rerank') then 'rerank'
            when contains(@endpoint, 'image') then 'image' when contains(@endpoint, 'speech') then 'speech'
            when contains(@endpoint, 'transcription') then 'transcription' end""",
        "api_key_id": "filled(@api_key)",
        "requests": "#api_requests",
        "uncached_input_tokens": "beyond(#prompt_tokens, $cached + $written)",
        "cache_read_tokens": "$cached",
        "cache_write_5m_tokens": "$written",
        "output_text_tokens": "#completion_tokens",
        "reported_cost": "sum_amount(@spend)",
        "reported_currency": "'USD'",
        "reported_by": "'litellm'",
        **TOLD,
        "stated_breakdown": "@llmcost_breakdown",
    },
    tags=(
        "pair('user', @user_id)",
        "pair('team_id', @team_id)",
        "pair('endpoint', @endpoint)",
        "pair('end_user', @end_user_id)",
        "pair('organization_id', @organization_id)",
        "pair('agent_id', @agent_id)",
        "pair('request_tags', @tag)",
        "pair('mcp_tool', @mcp_namespaced_tool_name)",
    ),
    recognises_stream=_is_known,
    stream=_rows,
)
