"""TrueFoundry request logs: spans of `POST /api/svc/v1/spans/query`, in the API's spelling or the SDK's.

A request is a tree: its root (`ChatCompletion`, `Embedding`, ...), below it one `Model` span per provider attempt, below
that the network call. Only `Model` spans (`LLM` in older notes) are calls; the root repeats their counts and may bear a
virtual model's name, and of `Model` spans around each other the innermost counts (https://www.truefoundry.com/docs/ai-gateway/fetch-request-logs-span-attributes). Provider cache
counts are attributes in newer gateways, else they stand in the usage object of `tfy.output`, the provider's answer, whose
own counts come first: it tells of audio, reasoning, tiers and tools as well. `X-TFY-METADATA` arrives as `tfy.request.metadata`. The gateway's cost is kept as `reported_cost`.
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._answers import answer_fields, answer_steps, billing_fields

_METRIC = "tfy.model.metric."


def _attribute(*keys: str, sigil: str = "@") -> str:
    """SQL: the first of these span attributes that is present, in either spelling of the row."""
    marks = [f'{sigil}{row}."{key}"' for key in keys for row in ("spanAttributes", "span_attributes")]
    if sigil == "@":
        marks = [f"filled({mark})" for mark in marks]
    return f"coalesce({', '.join(marks)})"


def _counts(*keys: str) -> tuple[str, ...]:
    return tuple(f'#{row}."{key}"' for key in keys for row in ("spanAttributes", "span_attributes"))


def _field(camel: str, snake: str) -> str:
    return f"coalesce(filled(@{camel}), filled(@{snake}))"


_OUTPUTS = ('spanAttributes."tfy.output"', 'span_attributes."tfy.output"')


_HOSTS = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure",
    "cognitiveservices.azure.com": "azure",
    "services.ai.azure.com": "azure",
    "api.anthropic.com": "anthropic",
    "bedrock-runtime": "aws",
    "aiplatform.googleapis.com": "vertex",
    "generativelanguage.googleapis.com": "google",
    "api.mistral.ai": "mistral",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.x.ai": "x-ai",
    "api.cohere": "cohere",
    "api.together": "together",
    "openrouter.ai": "openrouter",
    "api.perplexity.ai": "perplexity",
}
_URL = f"coalesce({_attribute('tfy.model.request_url')}, {_field('spanName', 'span_name')})"
_PROVIDER_OF_URL = " ".join(f"when contains({_URL}, '{host}') then '{provider}'" for host, provider in _HOSTS.items())
_SUBJECT_TYPE = "coalesce(@createdBySubject.subjectType, @created_by_subject.subject_type)"
_SUBJECT = "coalesce(@createdBySubject.subjectSlug, @created_by_subject.subject_slug)"
_PROMPT_FQN = _attribute("tfy.prompt_version_fqn")

source = Source(
    title="TrueFoundry request logs",
    revision=4,
    traced=True,
    issuer="'truefoundry'",
    claims="(@spanId is not null and @traceId is not null and @spanAttributes:json is not null) "
    "or (@span_id is not null and @trace_id is not null and @span_attributes:json is not null)",
    keeps=f"list_contains(['model', 'llm'], lower({_attribute('tfy.span_type')}))",
    sparse=_OUTPUTS,
    steps={
        **answer_steps(
            *(f"{output}.usage" for output in _OUTPUTS),
            row={
                "prompt": _counts(_METRIC + "input_tokens", "gen_ai.usage.input_tokens"),
                "completion": _counts(_METRIC + "output_tokens", "gen_ai.usage.output_tokens"),
                "cached": _counts(_METRIC + "cache_read_input_tokens", "gen_ai.usage.cache_read.input_tokens"),
                "written": _counts(_METRIC + "cache_creation_input_tokens", "gen_ai.usage.cache_creation.input_tokens"),
            },
        ),
        "served": f"coalesce({', '.join(f'@{output}.model' for output in _OUTPUTS)})",
        "nanoseconds": "coalesce(#durationNs, #duration_ns)",
        "claimed": _attribute("tfy.request_cost", _METRIC + "cost_in_usd", "gen_ai.usage.cost"),
        "kind": f"lower({_attribute('tfy.model.request_type')})",
    },
    fields={
        "request_id": f"lower({_field('traceId', 'trace_id')} || ':' || {_field('spanId', 'span_id')})",
        "trace_id": f"lower({_field('traceId', 'trace_id')})",
        "parent_id": f"lower({_field('parentSpanId', 'parent_span_id')})",
        "started_at": "@timestamp:time",
        "ended_at": "@timestamp:time + to_microseconds($nanoseconds // 1000)",
        "latency_ms": f"coalesce(number_of({_attribute(_METRIC + 'latency_in_ms')}), $nanoseconds * 0.000001::double)",
        "time_to_first_token_ms": f"number_of({_attribute(_METRIC + 'time_to_first_token_in_ms')})",
        "provider": f"coalesce({_attribute('gen_ai.provider.name', 'gen_ai.system')}, case {_PROVIDER_OF_URL} end)",
        "request_model": _attribute("tfy.request.model_name", "gen_ai.request.model", "tfy.model.name"),
        "response_model": f"coalesce({_attribute('gen_ai.response.model')}, filled($served), {_attribute('tfy.model.name')})",
        "operation": """case
            when $kind = 'completion' then 'text_completion'
            when $kind = 'embedding' then 'embeddings'
            when $kind = 'rerank' then 'rerank'
            else 'chat' end""",
        "status": f"case when upper({_field('statusCode', 'status_code')}) = 'ERROR' then 'error' else 'ok' end",
        "http_status": f"try_cast(count_of({_attribute('http.response.status_code')}) as integer)",
        "error_type": _attribute("tfy.error_type", "error.type"),
        "stream": f"flag({_attribute('tfy.model.streaming')})",
        "session_id": _attribute("tfy.request.conversation_id"),
        **answer_fields(" or ".join(f"coalesce(@{output}.type = 'message', false)" for output in _OUTPUTS)),
        **billing_fields(*(f"{output}." for output in _OUTPUTS)),
        "reported_cost": "amount($claimed)",
        "reported_currency": "case when $claimed is not null then 'USD' end",
        "reported_by": "case when $claimed is not null then 'truefoundry' end",
    },
    tags=(
        """pairs_of(@spanAttributes."tfy.request.metadata":json)""",
        """pairs_of(@span_attributes."tfy.request.metadata":json)""",
        f"""case {_SUBJECT_TYPE}
            when 'user' then pair('user_email', {_SUBJECT})
            when 'virtualaccount' then pair('virtual_account', {_SUBJECT})
            when 'team' then pair('team', {_SUBJECT})
            else pair('subject', {_SUBJECT}) end""",
        """pair('team', list_aggregate(coalesce(@spanAttributes."tfy.request.created_by_subject_teams":list,
            @span_attributes."tfy.request.created_by_subject_teams":list), 'string_agg', ','))""",
        f"pair('prompt_name', regexp_replace({_PROMPT_FQN}, ':[^:]*$', ''))",
        f"pair('prompt_version', regexp_extract({_PROMPT_FQN}, ':([^:]*)$', 1))",
    ),
)
