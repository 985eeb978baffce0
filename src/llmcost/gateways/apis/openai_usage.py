"""OpenAI's usage API: what an organization used by day, project, user, key, model, tier and batch.

`GET /v1/organization/usage/...`, with an admin key. These are aggregates: they go to usage buckets, beside the requests and
never among them. Stored bytes of vector stores are not asked for
(https://platform.openai.com/docs/api-reference/usage).
"""

from datetime import timedelta

from llmcost.gateways.apis._openai import buckets, organization

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

gateway = organization(
    "OpenAI usage API",
    {
        kind: buckets(f"/v1/organization/usage/{kind}", source="openai-usage", groups=groups, most=31)
        for kind, groups in _GROUPS.items()
    },
    late=timedelta(days=2),
)
