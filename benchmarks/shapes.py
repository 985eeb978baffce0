"""Log lines as gateways and applications write them, made by hand-written templates because a million are needed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Who:
    """Whom a call was for."""

    customer: str
    user: str
    feature: str
    team: str
    version: str
    """Of the feature's prompt."""
    environment: str


@dataclass(slots=True, kw_only=True)
class Call:
    """One call, before it takes the shape of a log. Not frozen: a shape may state that it has no cached tokens."""

    number: int
    identity: int
    """128 random bits."""
    at: int
    """Microseconds since 1970."""
    milliseconds: int
    choice: int
    """0..999, evenly: picks the model and, in a mixed log, the shape."""
    cached: int
    reasoning: int
    prompt: int
    """Input tokens, cached ones included."""
    answer: int
    """Output tokens, reasoning included."""
    who: Who

    @property
    def input_tokens(self) -> int:
        """What the ledger should hold."""
        return self.prompt

    @property
    def output_tokens(self) -> int:
        """What the ledger should hold."""
        return self.answer


Shape = Callable[[Call], str]

# Public name, provider, deployment as the gateway writes it.
_MODELS = (
    ("gpt-4o-mini", "openai"),
    ("gpt-4o", "openai"),
    ("gpt-4.1", "openai"),
    ("gpt-4.1-mini", "openai"),
    ("gpt-5", "openai"),
    ("gpt-5-mini", "openai"),
    ("claude-sonnet-4-5", "anthropic"),
    ("claude-haiku-4-5", "anthropic"),
    ("claude-opus-4-5", "anthropic"),
    ("claude-3-5-haiku", "anthropic"),
)


def other_prices() -> str:
    """A price file in which each of these models costs something else than in the built-in list."""
    rates = "{input: 7.77, cache_read: 0.77, cache_write_5m: 8.88, cache_write_1h: 9.99, output: 33.33}"
    models = "".join(
        f"  - {{id: {provider}/{name}, match: {{dated: true}}, prices: [{{rates: {rates}}}]}}\n"
        for name, provider in _MODELS
    )
    return f"schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-21\nmodels:\n{models}"


_OPENAI = [name for name, provider in _MODELS if provider == "openai"]
_CLAUDE = ("claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001")

_KEY = "8b1ad4d89aeeebe543a11c06916a8ba75c9300f51c57ad8e313b00ac298f576b"
_ANSWER = (
    "Thanks for the details. The parcel left the depot on Tuesday and should arrive within two working days; if it does "
    "not, reply to this message and we will open a claim with the carrier for you. The reference is on your invoice."
)


def litellm(*, job_ids: bool) -> Shape:
    """Rows of LiteLLM's spend logs; with `job_ids`, one metadata key is different on every row."""

    def line(call: Call) -> str:
        started = _iso(call.at, "T")
        ended = _iso(call.at + call.milliseconds * 1000, "T")
        first = _iso(call.at + call.milliseconds * 300, "T")
        model, provider = _MODELS[call.choice % 10]
        who = call.who
        text = f"{call.identity:032x}"
        job = f', "job_id": "job-{text[:16]}"' if job_ids else ""
        return (
            f'{{"request_id": "chatcmpl-{text}", "call_type": "acompletion", "api_key": "{_KEY}", '
            f'"spend": {call.prompt * 3e-07 + call.answer * 1.2e-06:.8f}, "total_tokens": {call.prompt + call.answer}, '
            f'"prompt_tokens": {call.prompt}, "completion_tokens": {call.answer}, "startTime": "{started}", "endTime": "{ended}", '
            f'"completionStartTime": "{first}", "model": "{provider}/{model}", '
            f'"model_group": "{model}", "custom_llm_provider": "{provider}", "api_base": "", "user": "default_user_id", '
            f'"metadata": {{"status": null, "usage_object": {{"total_tokens": {call.prompt + call.answer}, '
            f'"prompt_tokens": {call.prompt}, "completion_tokens": {call.answer}, '
            f'"prompt_tokens_details": {{"cached_tokens": {call.cached}, "text_tokens": {call.prompt - call.cached}}}, '
            f'"completion_tokens_details": {{"reasoning_tokens": {call.reasoning}}}}}, "user_api_key_alias": "{who.team}-key", '
            f'"user_api_key_team_alias": "{who.team}", "user_api_key_user_id": "default_user_id", "spend_logs_metadata": '
            f'{{"feature": "{who.feature}", "environment": "{who.environment}", "user_id": "{who.user}", '
            f'"prompt_version": "{who.version}"{job}}}, "attempted_retries": 0, "error_information": null}}, '
            f'"cache_hit": "None", "cache_key": "Cache OFF", "request_tags": ["env:{who.environment}", "User-Agent: openai-python"], '
            f'"team_id": "{who.team}", "end_user": "{who.customer}", "messages": {{}}, '
            f'"response": {{}}, "session_id": "{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}", '
            f'"status": "success", "request_duration_ms": {call.milliseconds}}}'
        )

    return line


def mixed() -> Shape:
    """Six shapes in one file: chat bare and in an envelope, Responses, embeddings and Anthropic in envelopes, LiteLLM rows."""
    gateway = litellm(job_ids=False)

    def line(call: Call) -> str:
        place = call.choice // 10
        if place < 25:
            return _chat(call, bare=True)
        if place < 50:
            return _enveloped(call, _chat(call, bare=False))
        if place < 65:
            return _response(call)
        if place < 75:
            return _enveloped(call, _embedding(call))
        if place < 90:
            return _enveloped(call, _message(call))
        return gateway(call)

    return line


def _enveloped(call: Call, body: str) -> str:
    who = call.who
    return (
        f'{{"ts": "{_iso(call.at, "T")}Z", "request_id": "req-{call.identity:032x}", "latency_ms": {call.milliseconds}, '
        f'"user": "{who.user}", "metadata": {{"customer_id": "{who.customer}", "environment": "{who.environment}", '
        f'"team": "{who.team}"}}, "feature": "{who.feature}", "request": {{"model": "default", "temperature": 0.2, '
        f'"max_tokens": 1024, "messages": [{{"role": "user", "content": "{_ANSWER}"}}]}}, "response": {body}}}'
    )


def _chat(call: Call, *, bare: bool) -> str:
    who = call.who
    tags = (
        f', "metadata": {{"customer_id": "{who.customer}", "feature": "{who.feature}", "environment": "{who.environment}"}}'
        if bare
        else ""
    )
    return (
        f'{{"id": "chatcmpl-{call.identity:032x}", "object": "chat.completion", "created": {call.at // 1_000_000}, '
        f'"model": "{_OPENAI[call.choice % 6]}", "choices": [{{"index": 0, "message": {{"role": "assistant", '
        f'"content": "{_ANSWER}", "refusal": null, "annotations": []}}, "logprobs": null, "finish_reason": "stop"}}], '
        f'"usage": {{"prompt_tokens": {call.prompt}, "completion_tokens": {call.answer}, '
        f'"total_tokens": {call.prompt + call.answer}, "prompt_tokens_details": {{"cached_tokens": {call.cached}, '
        f'"audio_tokens": 0}}, "completion_tokens_details": {{"reasoning_tokens": {call.reasoning}, "audio_tokens": 0, '
        f'"accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}}}}, "service_tier": "default", '
        f'"system_fingerprint": "fp_b0be28e052"{tags}}}'
    )


def _response(call: Call) -> str:
    who = call.who
    created = call.at // 1_000_000
    return (
        f'{{"id": "resp_{call.identity:032x}", "object": "response", "created_at": {created}, "status": "completed", '
        f'"completed_at": {created + 4}, "background": false, "error": null, "incomplete_details": null, '
        f'"instructions": null, "max_output_tokens": null, "model": "{_OPENAI[call.choice % 6]}", "output": '
        f'[{{"id": "msg_{call.identity:032x}", "type": "message", "status": "completed", "role": "assistant", "content": '
        f'[{{"type": "output_text", "annotations": [], "logprobs": [], "text": "{_ANSWER}"}}]}}], '
        f'"parallel_tool_calls": true, "previous_response_id": null, "reasoning": {{"effort": null, "summary": null}}, '
        f'"service_tier": "default", "store": true, "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0, '
        f'"truncation": "disabled", "usage": {{"input_tokens": {call.prompt}, "input_tokens_details": '
        f'{{"cached_tokens": {call.cached}, "cache_write_tokens": 0}}, "output_tokens": {call.answer}, '
        f'"output_tokens_details": {{"reasoning_tokens": {call.reasoning}}}, "total_tokens": {call.prompt + call.answer}}}, '
        f'"user": "{who.user}", "metadata": {{"customer_id": "{who.customer}", "feature": "{who.feature}"}}}}'
    )


def _embedding(call: Call) -> str:
    call.cached = call.reasoning = call.answer = 0
    vector = ", ".join(f"-0.0{call.choice}{place}" for place in range(32))
    return (
        f'{{"object": "list", "data": [{{"object": "embedding", "index": 0, "embedding": [{vector}]}}], '
        f'"model": "text-embedding-3-small", "usage": {{"prompt_tokens": {call.prompt}, "total_tokens": {call.prompt}}}}}'
    )


def _message(call: Call) -> str:
    return (
        f'{{"model": "{_CLAUDE[call.choice % 2]}", "id": "msg_{call.identity:032x}", "type": "message", "role": "assistant", '
        f'"content": [{{"type": "text", "text": "{_ANSWER}"}}], "stop_reason": "end_turn", "stop_sequence": null, "usage": '
        f'{{"input_tokens": {call.prompt - call.cached}, "cache_creation_input_tokens": 0, '
        f'"cache_read_input_tokens": {call.cached}, "cache_creation": {{"ephemeral_5m_input_tokens": 0, '
        f'"ephemeral_1h_input_tokens": 0}}, "output_tokens": {call.answer}, "service_tier": "standard", '
        f'"inference_geo": "not_available"}}}}'
    )


def _iso(microseconds: int, between: str) -> str:
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.replace(tzinfo=None).isoformat(between, "microseconds")
