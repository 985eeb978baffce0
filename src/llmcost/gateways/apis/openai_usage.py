"""OpenAI's usage API: what an organization used by day, project, user, key, model, tier and batch.

`GET /v1/organization/usage/...`, with an admin key. These are aggregates: they go to usage buckets, beside the requests and
never among them. Stored bytes of vector stores are not asked for
(https://platform.openai.com/docs/api-reference/usage).
"""

from collections.abc import Callable
from datetime import timedelta

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import bearer
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Tokens

_GROUPS = {
    "completions": ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier"),
    "embeddings": ("project_id", "user_id", "api_key_id", "model"),
    "moderations": ("project_id", "user_id", "api_key_id", "model"),
    "images": ("project_id", "user_id", "api_key_id", "model", "size", "source"),
    "audio_speeches": ("project_id", "user_id", "api_key_id", "model"),
    "audio_transcriptions": ("project_id", "user_id", "api_key_id", "model"),
    "code_interpreter_sessions": ("project_id",),
}
"""What each kind can be told apart by."""


def _days(groups: tuple[str, ...]) -> Callable[[Span], dict[str, str | tuple[str, ...]]]:
    def query(span: Span) -> dict[str, str | tuple[str, ...]]:
        return {
            "start_time": str(int(span.since.timestamp())),
            "end_time": str(int(span.until.timestamp())),
            "bucket_width": "1d",
            "group_by": groups,
        }

    return query


gateway = Gateway(
    title="OpenAI usage API",
    auth=bearer("OPENAI_ADMIN_KEY"),
    url="https://api.openai.com",
    late=timedelta(days=2),
    poll=timedelta(hours=1),
    streams={
        kind: (
            Endpoint(
                path=f"/v1/organization/usage/{kind}",
                sources=("openai-usage",),
                query=_days(groups),
                paging=Tokens(request="page", answer="next_page", most=31),
                identity="start_time",
                window=timedelta(days=31),
                grain=timedelta(days=1),
            ),
        )
        for kind, groups in _GROUPS.items()
    },
)
