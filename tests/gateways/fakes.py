"""Every API in a few lines: its paging, its windows and rows in its shape, from a list of calls."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.gateways.litellm_proxy import Proxy, spend_log
from tests.gateways.loopback import Question, Reply

Row = dict[str, Any]
START = datetime(2026, 11, 1, 10, tzinfo=UTC)
SECRET = "secret-0123456789"  # noqa: S105  of nobody


def moment(number: int) -> datetime:
    """When call `number` began: every 100 minutes, half a second past the minute."""
    return START + timedelta(minutes=100 * number, milliseconds=500)


def iso(number: int, after: float = 0) -> str:
    """The same as text."""
    return (moment(number) + timedelta(seconds=after)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, kw_only=True, eq=False)
class Fake:
    """An API that is not there."""

    gateway: str
    row: Callable[[int], Row]
    answer: Callable[[Sequence[Row], Question], Reply]
    environ: Mapping[str, str]
    authorised: Mapping[str, str]
    """Headers it wants."""
    document: Callable[[Sequence[Row]], Any] = field(default=list)
    """What a file would hold that says the same."""
    streams: int = 1
    next_page: str = ""
    """Where its answers name the next page."""
    daily: bool = False
    """Whether each row is a day, from the first of November on."""

    def rows(self, count: int) -> list[Row]:
        """So many calls."""
        return [self.row(number) for number in range(count)]

    def __call__(self, rows: Sequence[Row]) -> Callable[[Question], Reply]:
        """What a server of these rows says."""

        def answered(question: Question) -> Reply:
            sent = {name: question.headers.get(name) for name in self.authorised}
            if question.headers["host"].startswith("localhost"):
                # Another host, which must not learn the key.
                assert set(sent.values()) == {None}
            elif sent != dict(self.authorised):
                return Reply(status=401, content={"error": "who are you?"})
            return self.answer(rows, question)

        return answered


def instant(text: str) -> datetime:
    """A time of a request."""
    return datetime.fromisoformat(text).astimezone(UTC)


def within(rows: Sequence[Row], time: Callable[[Row], datetime], since: str, until: str) -> list[Row]:
    """The rows of a window."""
    return [row for row in rows if instant(since) <= time(row) < instant(until)]


def by_token(rows: Sequence[Row], token: str | None, most: int) -> tuple[list[Row], str | None]:
    """A page, and the name of the next: `after-N`."""
    begin = int(token.removeprefix("after-")) if token else 0
    end = begin + most
    return list(rows[begin:end]), f"after-{end}" if end < len(rows) else None


def _litellm(rows: Sequence[Row], question: Question) -> Reply:
    headers = {**question.headers, "authorization": "Bearer sk-test-0123456789abcdef"}
    return Proxy(list(rows), pages_of=4)(
        Question(method="GET", path=question.path, query=question.query, headers=headers, body=None)
    )


def _span(number: int) -> Row:
    return {
        "spanId": f"span-{number:04}",
        "traceId": f"trace-{number:04}",
        "spanName": "https://api.openai.com/v1/chat/completions",
        "timestamp": iso(number),
        "durationNs": 900_000_000,
        "statusCode": "OK",
        "spanAttributes": {
            "tfy.span_type": "Model",
            "tfy.model.name": "gpt-5.4",
            "tfy.model.metric.input_tokens": 1000,
            "tfy.model.metric.output_tokens": 100,
            "tfy.request_cost": 0.004,
        },
        "createdBySubject": {"subjectType": "user", "subjectSlug": "anna@example.com"},
    }


def _truefoundry(rows: Sequence[Row], question: Question) -> Reply:
    body = question.body
    assert question.path == "/api/svc/v1/spans/query"
    assert body["filters"] == [{"spanAttributeKey": "tfy.span_type", "operator": "EQUAL", "value": "Model"}]
    found = within(rows, lambda row: instant(row["timestamp"]), body["startTime"], body["endTime"])
    data, token = by_token(found, body.get("pageToken"), 3)
    return Reply(content={"data": data, "pagination": {"nextPageToken": token}})


def _generation(number: int) -> Row:
    return {
        "id": f"obs-{number:04}",
        "traceId": f"trace-{number:04}",
        "type": "EMBEDDING" if number % 5 == 4 else "GENERATION",
        "startTime": iso(number),
        "endTime": iso(number, 1.5),
        "providedModelName": "gpt-5.4",
        "usageDetails": {"input": 900, "input_cached_tokens": 100, "output": 100, "total": 1100},
        "costDetails": {"total": 0.004},
        "totalCost": 0.004,
        "level": "DEFAULT",
        "userId": "anna",
        "metadata": {"feature": "chat"},
    }


def _langfuse(rows: Sequence[Row], question: Question) -> Reply:
    query = question.query
    found = within(rows, lambda row: instant(row["startTime"]), query["fromStartTime"], query["toStartTime"])
    found = [row for row in found if row["type"] == query["type"]]
    assert question.path == "/api/public/v2/observations"
    assert "usage" in query["fields"].split(",")
    data, token = by_token(found, query.get("cursor"), 3)
    return Reply(content={"data": data, "meta": {"cursor": token} if token else {}})


def _langfuse_v1(rows: Sequence[Row], question: Question) -> Reply:
    query = question.query
    if question.path != "/api/public/observations":
        return Reply(status=404, content={"message": "not found"})
    found = within(rows, lambda row: instant(row["startTime"]), query["fromStartTime"], query["toStartTime"])
    found = [row for row in found if row["type"] == query["type"]]
    page = int(query["page"])
    return Reply(content={"data": found[3 * page - 3 : 3 * page], "meta": {"page": page, "totalItems": len(found)}})


def _helicone_row(number: int) -> Row:
    return {
        "request_id": f"q-{number:04}",
        "response_id": f"r-{number:04}",
        "request_created_at": iso(number),
        "response_created_at": iso(number, 1),
        "response_status": 200,
        "provider": "OPENAI",
        "request_model": "gpt-5.4",
        "response_model": "gpt-5.4",
        "delay_ms": 1000,
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "total_tokens": 1100,
        "request_properties": {"feature": "chat"},
        "cost": 0.004,
    }


def _helicone(rows: Sequence[Row], question: Question) -> Reply:
    body = question.body
    since, until = (body["filter"][side]["request_response_rmt"]["request_created_at"] for side in ("left", "right"))
    found = within(rows, lambda row: instant(row["request_created_at"]), since["gte"], until["lt"])
    return Reply(content={"data": found[body["offset"] : body["offset"] + 3], "error": None})


def _cloudflare_row(number: int) -> Row:
    return {
        "id": f"log-{number:04}",
        "created_at": iso(number),
        "provider": "openai",
        "model": "gpt-5.4",
        "path": "chat/completions",
        "request_type": "chat",
        "status_code": 200,
        "success": True,
        "cached": False,
        "duration": 800,
        "tokens_in": 1000,
        "tokens_out": 100,
        "cost": 0.004,
        "metadata": json.dumps({"feature": "chat"}),
        "step": 0,
    }


def _cloudflare(rows: Sequence[Row], question: Question) -> Reply:
    query = question.query
    if question.path == "/ai-gateway/gateways":
        return Reply(content={"result": [{"id": "shop"}, {"id": "desk"}], "result_info": {"total_count": 2}})
    scope = question.path.removeprefix("/ai-gateway/gateways/").removesuffix("/logs")
    mine = [row for number, row in enumerate(rows) if ("shop", "desk")[number % 2] == scope]
    found = within(mine, lambda row: instant(row["created_at"]), query["start_date"], query["end_date"])
    page = int(query["page"])
    info = {"page": page, "total_count": len(found)}
    return Reply(content={"result": found[3 * page - 3 : 3 * page], "result_info": info, "success": True})


def _datadog_row(number: int) -> Row:
    return {
        "id": f"row-{number:04}",
        "type": "span",
        "attributes": {
            "span_id": f"{number:04}",
            "trace_id": f"t-{number:04}",
            "ml_app": "shop",
            "span_kind": "embedding" if number % 5 == 4 else "llm",
            "model_name": "gpt-5.4",
            "model_provider": "openai",
            "start_ns": int(moment(number).timestamp() * 1000) * 1_000_000,
            "duration": 900_000_000,
            "status": "ok",
            "tags": ["customer_id:acme"],
            "metrics": {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100},
        },
    }


def _datadog(rows: Sequence[Row], question: Question) -> Reply:
    attributes = question.body["data"]["attributes"]
    wanted = attributes["filter"]
    found = within(
        rows,
        lambda row: datetime.fromtimestamp(row["attributes"]["start_ns"] / 1e9, UTC),
        wanted["from"],
        wanted["to"],
    )
    found = [row for row in found if row["attributes"]["span_kind"] == wanted["span_kind"]]
    data, token = by_token(found, attributes["page"].get("cursor"), 3)
    return Reply(content={"data": data, "meta": {"page": {"after": token} if token else {}}})


def _phoenix_row(number: int) -> Row:
    return {
        "id": f"U3Bhbjo{number:04}",
        "name": "chat",
        "context": {"trace_id": f"{number:032x}", "span_id": f"{number + 1:016x}"},
        "span_kind": "LLM",
        "parent_id": None,
        "start_time": iso(number).replace("Z", "+00:00"),
        "end_time": iso(number, 1).replace("Z", "+00:00"),
        "status_code": "OK",
        "attributes": {
            "openinference.span.kind": "LLM",
            "llm.model_name": "gpt-5.4",
            "llm.provider": "openai",
            "llm.token_count.prompt": 1000,
            "llm.token_count.completion": 100,
            "llm.token_count.total": 1100,
        },
        "events": [],
    }


def _phoenix(rows: Sequence[Row], question: Question) -> Reply:
    query = question.query
    if question.path == "/v1/projects":
        return Reply(content={"data": [{"id": "UDox", "name": "default"}], "next_cursor": None})
    assert question.path == "/v1/projects/UDox/spans"
    found = within(rows, lambda row: instant(row["start_time"]), query["start_time"], query["end_time"])
    data, token = by_token(found, query.get("cursor"), 3)
    return Reply(content={"data": data, "next_cursor": token})


def _day(number: int) -> datetime:
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=number)


def _openai_bucket(number: int, results: list[Row]) -> Row:
    return {
        "object": "bucket",
        "start_time": int(_day(number).timestamp()),
        "end_time": int(_day(number + 1).timestamp()),
        "results": results,
    }


def _openai_usage_row(number: int) -> Row:
    result = {
        "object": "organization.usage.completions.result",
        "input_tokens": 1000 + number,
        "input_cached_tokens": 100,
        "output_tokens": 100,
        "num_model_requests": 7,
        "project_id": "proj_shop",
        "user_id": "user-anna",
        "api_key_id": "key_web",
        "model": "gpt-5.4",
        "batch": False,
        "service_tier": "default",
    }
    return _openai_bucket(number, [result])


def _openai_costs_row(number: int) -> Row:
    result = {
        "object": "organization.costs.result",
        "amount": {"value": 1.25 + number, "currency": "usd"},
        "line_item": "gpt-5.4, input",
        "project_id": "proj_shop",
    }
    return _openai_bucket(number, [result])


def _openai(rows: Sequence[Row], question: Question) -> Reply:
    query = question.query
    kind = question.path.rsplit("/", 1)[-1]
    assert query["bucket_width"] == "1d"
    if kind not in {"completions", "costs"}:
        return Reply(content={"object": "page", "data": [], "has_more": False, "next_page": None})
    found = [row for row in rows if int(query["start_time"]) <= row["start_time"] < int(query["end_time"])]
    data, token = by_token(found, query.get("page"), 3)
    return Reply(content={"object": "page", "data": data, "has_more": token is not None, "next_page": token})


def _anthropic_bucket(number: int, result: Row) -> Row:
    times = {"starting_at": f"{_day(number):%Y-%m-%dT%H:%M:%SZ}", "ending_at": f"{_day(number + 1):%Y-%m-%dT%H:%M:%SZ}"}
    return {**times, "results": [result]}


def _anthropic_usage_row(number: int) -> Row:
    result = {
        "uncached_input_tokens": 1000 + number,
        "cache_creation": {"ephemeral_1h_input_tokens": 10, "ephemeral_5m_input_tokens": 20},
        "cache_read_input_tokens": 300,
        "output_tokens": 100,
        "server_tool_use": {"web_search_requests": 0},
        "api_key_id": "key-1",
        "workspace_id": "ws-1",
        "model": "claude-sonnet-4-6",
        "service_tier": "standard",
        "context_window": "0-200k",
        "inference_geo": "global",
    }
    return _anthropic_bucket(number, result)


def _anthropic_cost_row(number: int) -> Row:
    result = {
        "amount": f"{125 + number}.5",
        "currency": "USD",
        "cost_type": "tokens",
        "token_type": "uncached_input_tokens",
        "description": "Claude Sonnet 4.6 Usage - Input Tokens",
        "model": "claude-sonnet-4-6",
        "workspace_id": "ws-1",
        "service_tier": "standard",
        "context_window": "0-200k",
        "inference_geo": None,
    }
    return _anthropic_bucket(number, result)


def _anthropic(rows: Sequence[Row], question: Question) -> Reply:
    query = question.query
    found = within(rows, lambda row: instant(row["starting_at"]), query["starting_at"], query["ending_at"])
    data, token = by_token(found, query.get("page"), 3)
    return Reply(content={"data": data, "has_more": token is not None, "next_page": token})


def _activity_row(number: int) -> Row:
    metrics = {
        "spend": 0.5,
        "prompt_tokens": 1000 + number,
        "completion_tokens": 100,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "total_tokens": 1100 + number,
        "api_requests": 3,
    }
    return {
        "date": f"{_day(number):%Y-%m-%d}",
        "metrics": metrics,
        "breakdown": {"models": {"gpt-5.4": {"metrics": metrics}}},
    }


def _activity(rows: Sequence[Row], question: Question) -> Reply:
    query = question.query
    found = [row for row in rows if query["start_date"] <= row["date"] <= query["end_date"]]
    return Reply(content={"results": found, "metadata": {"page": 1, "total_pages": 1, "has_more": False}})


def _portkey_row(number: int) -> Row:
    return {
        "id": f"pk-{number:04}",
        "trace_id": f"t-{number:04}",
        "created_at": iso(number),
        "ai_org": "openai",
        "ai_model": "gpt-5.4",
        "req_units": 1000,
        "res_units": 100,
        "total_units": 1100,
        "cost": 0.4,
        "cost_currency": "usd",
        "response_time": 850,
        "response_status_code": 200,
        "metadata": {"_user": "anna"},
        "response": {"usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}},
    }


def _portkey(rows: Sequence[Row], question: Question) -> Reply:
    """A job is named by its window; its file lies on another host."""
    _, _, *place = question.path.split("/")[1:]
    if not place:
        wanted = question.body["filters"]
        window = f"{wanted['time_of_generation_min']},{wanted['time_of_generation_max']}"
        found = within(rows, lambda row: instant(row["created_at"]), *window.split(","))
        return Reply(content={"id": window.encode().hex(), "total": len(found), "object": "export"})
    since, until = bytes.fromhex(place[0]).decode().split(",")
    if place[1:] == ["start"]:
        return Reply(content={"message": "started", "object": "export"})
    if place[1:] == ["download"]:
        port = question.headers["host"].rsplit(":", 1)[1]
        return Reply(content={"signed_url": f"http://localhost:{port}/a/files/{place[0]}/file?signature=of-nobody"})
    if place[1:] == ["file"]:
        assert question.query == {"signature": "of-nobody"}
        found = within(rows, lambda row: instant(row["created_at"]), since, until)
        return Reply(content="".join(json.dumps(row) + "\n" for row in found), headers={"Content-Type": "text/plain"})
    return Reply(content={"id": place[0], "status": "success", "object": "export"})


def _metrics_row(number: int) -> Row:
    hour = START + timedelta(hours=number)
    return {
        "startTimestamp": f"{hour:%Y-%m-%dT%H:%M:%S}.000Z",
        "endTimestamp": f"{hour + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}.000Z",
        "total": 3,
        "sumInputTokens": 3000 + number,
        "sumOutputTokens": 300,
        "sumCostInUSD": 0.0125,
        "modelName": "main/gpt",
        "providerModelName": "gpt-5.4",
    }


def _metrics(rows: Sequence[Row], question: Question) -> Reply:
    body = question.body
    assert body["filters"] == [{"fieldName": "virtualModelName", "operator": "IS_NULL", "value": True}]
    found = within(rows, lambda row: instant(row["startTimestamp"]), body["startTs"], body["endTs"])
    return Reply(content={"data": {"dataPoints": found}})


def _report_row(number: int) -> Row:
    return {
        "day": f"{_day(number):%Y-%m-%d}",
        "model": "openai/gpt-5.4",
        "total_cost": 1.25,
        "market_cost": 1.25,
        "input_tokens": 1000 + number,
        "output_tokens": 100,
        "cached_input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "reasoning_tokens": 0,
        "request_count": 3,
    }


def _openrouter_row(number: int) -> Row:
    return {
        "date": f"{_day(number):%Y-%m-%d}",
        "model": "openai/gpt-5.4",
        "model_permaslug": "openai/gpt-5.4",
        "endpoint_id": "e1",
        "provider_name": "OpenAI",
        "usage": 0.015,
        "byok_usage_inference": 0,
        "requests": 5,
        "prompt_tokens": 2000 + number,
        "completion_tokens": 500,
        "reasoning_tokens": 200,
    }


def _openrouter(rows: Sequence[Row], question: Question) -> Reply:
    assert question.path == "/api/v1/activity"
    return Reply(content={"data": list(rows)})


def _report(rows: Sequence[Row], question: Question) -> Reply:
    query = question.query
    assert (query["group_by"], query["date_part"]) == ("model", "day")
    return Reply(content={"results": [row for row in rows if query["start_date"] <= row["day"] <= query["end_date"]]})


_BEARER = {"authorization": f"Bearer {SECRET}"}
_BASIC = {"authorization": "Basic cGstcHVibGljOnNlY3JldC0wMTIzNDU2Nzg5"}
_LANGFUSE = {"LANGFUSE_PUBLIC_KEY": "pk-public", "LANGFUSE_SECRET_KEY": SECRET}
_DATADOG = {"DD_API_KEY": SECRET, "DD_APP_KEY": f"{SECRET}-app"}
_ANTHROPIC = {"x-api-key": SECRET, "anthropic-version": "2023-06-01"}

FAKES: dict[str, Fake] = {
    "litellm": Fake(
        gateway="litellm",
        row=lambda number: spend_log(number, start=moment(number).replace(tzinfo=None)),
        answer=_litellm,
        environ={"LITELLM_MASTER_KEY": SECRET},
        authorised=_BEARER,
    ),
    "litellm-daily-activity": Fake(
        gateway="litellm-daily-activity",
        row=_activity_row,
        daily=True,
        answer=_activity,
        environ={"LITELLM_API_KEY": SECRET},
        authorised=_BEARER,
        document=lambda rows: [{"results": rows, "metadata": {}}],
    ),
    "truefoundry": Fake(
        gateway="truefoundry",
        row=_span,
        answer=_truefoundry,
        environ={"TFY_API_KEY": SECRET},
        authorised=_BEARER,
        next_page="pagination.nextPageToken",
    ),
    "truefoundry-metrics": Fake(
        gateway="truefoundry-metrics",
        row=_metrics_row,
        answer=_metrics,
        environ={"TFY_API_KEY": SECRET},
        authorised=_BEARER,
    ),
    "openrouter-activity": Fake(
        gateway="openrouter-activity",
        row=_openrouter_row,
        daily=True,
        answer=_openrouter,
        environ={"OPENROUTER_MANAGEMENT_KEY": SECRET},
        authorised=_BEARER,
    ),
    "vercel-report": Fake(
        gateway="vercel-report",
        row=_report_row,
        daily=True,
        answer=_report,
        environ={"AI_GATEWAY_API_KEY": SECRET},
        authorised=_BEARER,
    ),
    "langfuse": Fake(
        gateway="langfuse",
        row=_generation,
        answer=_langfuse,
        environ=_LANGFUSE,
        authorised=_BASIC,
        streams=2,
        next_page="meta.cursor",
    ),
    "langfuse-v1": Fake(
        gateway="langfuse", row=_generation, answer=_langfuse_v1, environ=_LANGFUSE, authorised=_BASIC, streams=2
    ),
    "portkey": Fake(
        gateway="portkey",
        row=_portkey_row,
        answer=_portkey,
        environ={"PORTKEY_API_KEY": SECRET},
        authorised={"x-portkey-api-key": SECRET},
    ),
    "helicone": Fake(
        gateway="helicone",
        row=_helicone_row,
        answer=_helicone,
        environ={"HELICONE_API_KEY": SECRET},
        authorised=_BEARER,
    ),
    "cloudflare": Fake(
        gateway="cloudflare",
        row=_cloudflare_row,
        answer=_cloudflare,
        environ={"CLOUDFLARE_API_TOKEN": SECRET},
        authorised=_BEARER,
        streams=2,
    ),
    "datadog": Fake(
        gateway="datadog",
        row=_datadog_row,
        answer=_datadog,
        environ=_DATADOG,
        authorised={"dd-api-key": SECRET, "dd-application-key": f"{SECRET}-app"},
        streams=2,
        next_page="meta.page.after",
    ),
    "phoenix": Fake(
        gateway="phoenix",
        row=_phoenix_row,
        answer=_phoenix,
        environ={"PHOENIX_API_KEY": SECRET},
        authorised=_BEARER,
        next_page="next_cursor",
    ),
    "openai-usage": Fake(
        gateway="openai-usage",
        row=_openai_usage_row,
        daily=True,
        answer=_openai,
        environ={"OPENAI_ADMIN_KEY": SECRET},
        authorised=_BEARER,
        streams=7,
        next_page="next_page",
    ),
    "openai-costs": Fake(
        gateway="openai-costs",
        row=_openai_costs_row,
        daily=True,
        answer=_openai,
        environ={"OPENAI_ADMIN_KEY": SECRET},
        authorised=_BEARER,
        next_page="next_page",
    ),
    "anthropic-usage-report": Fake(
        gateway="anthropic-usage-report",
        row=_anthropic_usage_row,
        daily=True,
        answer=_anthropic,
        environ={"ANTHROPIC_ADMIN_KEY": SECRET},
        authorised=_ANTHROPIC,
        next_page="next_page",
    ),
    "anthropic-cost-report": Fake(
        gateway="anthropic-cost-report",
        row=_anthropic_cost_row,
        daily=True,
        answer=_anthropic,
        environ={"ANTHROPIC_ADMIN_KEY": SECRET},
        authorised=_ANTHROPIC,
        next_page="next_page",
    ),
}
