"""Where programs write tags: headers of gateways, and arguments of client libraries.

Header names as their makers document them:
https://docs.truefoundry.com/gateway/headers (X-TFY-METADATA), https://portkey.ai/docs/product/observability/metadata,
https://developers.cloudflare.com/ai-gateway/observability/custom-metadata/ (cf-aig-metadata),
https://docs.litellm.ai/docs/proxy/request_headers, https://docs.helicone.ai/features/advanced-usage/custom-properties.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A header whose value is a JSON object of tags."""

    name: str
    only_text: bool
    """Whether its values must be text."""


JSON_HEADERS = {
    header.name.lower(): header
    for header in (
        Header(name="X-TFY-METADATA", only_text=True),
        Header(name="x-portkey-metadata", only_text=True),
        Header(name="cf-aig-metadata", only_text=False),
        Header(name="x-litellm-spend-logs-metadata", only_text=False),
    )
}
"""By name in lower case."""

LIST_HEADER = "x-litellm-tags"
"""Its value is a list with commas, of words or `key:value`."""
PROPERTY_HEADER = "helicone-property-"
"""What follows is the key."""

METADATA_ARGUMENTS = ("metadata", "litellm_metadata")
LIST_KEYS = ("tags", "request_tags")
"""Within metadata of LiteLLM: a list of words or `key:value`."""

CALLS = frozenset(
    {
        *("create", "acreate", "stream", "parse", "retrieve_and_generate"),
        *("completion", "acompletion", "text_completion", "atext_completion", "embedding", "aembedding"),
        *("responses", "aresponses", "image_generation", "aimage_generation", "transcription", "atranscription"),
        *("speech", "aspeech", "rerank", "arerank", "moderation", "amoderation"),
        *("invoke", "ainvoke", "batch", "abatch", "astream", "generate", "agenerate", "with_config"),
    }
)
"""Functions and methods that send a request; `metadata=` of any other may mean anything."""

SIBLINGS = frozenset({"model", "messages", "input", "prompt", "contents"})
"""What a call or body that sends a request has beside its metadata."""
