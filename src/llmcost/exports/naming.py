"""What providers and publishers are called by those who read our exports.

Names of providers and services are their own (https://focus.finops.org/focus-specification/v1-2/ asks for display names);
OpenTelemetry's are the values of `gen_ai.provider.name`
(https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/).
"""

from collections.abc import Mapping

from llmcost.ledger.identifiers import quote_literal

ISSUERS: Mapping[str, str] = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "google": "Google",
    "vertex": "Google Cloud",
    "aws": "Amazon Web Services",
    "azure": "Microsoft",
    "x-ai": "xAI",
    "mistral": "Mistral AI",
    "deepseek": "DeepSeek",
    "groq": "Groq",
    "cohere": "Cohere",
    "perplexity": "Perplexity",
    "openrouter": "OpenRouter",
    "together": "Together AI",
    "fireworks": "Fireworks AI",
    "moonshotai": "Moonshot AI",
    "voyageai": "Voyage AI",
    "cerebras": "Cerebras",
    "databricks": "Databricks",
    "cloudflare": "Cloudflare",
}
"""Provider -> who invoices; any other is called as it is."""

SERVICES: Mapping[str, str] = {
    "google": "Gemini API",
    "vertex": "Vertex AI",
    "aws": "Amazon Bedrock",
    "azure": "Azure OpenAI",
    "cloudflare": "Workers AI",
}
"""Provider -> its service; any other is its issuer's API."""

PUBLISHERS: Mapping[str, str] = {
    "claude": "Anthropic",
    "gpt": "OpenAI",
    "chatgpt": "OpenAI",
    "o1": "OpenAI",
    "o3": "OpenAI",
    "o4": "OpenAI",
    "text-embedding": "OpenAI",
    "gemini": "Google",
    "gemma": "Google",
    "llama": "Meta",
    "mistral": "Mistral AI",
    "mixtral": "Mistral AI",
    "codestral": "Mistral AI",
    "deepseek": "DeepSeek",
    "qwen": "Alibaba",
    "grok": "xAI",
    "command": "Cohere",
    "nova": "Amazon Web Services",
    "titan": "Amazon Web Services",
    "kimi": "Moonshot AI",
}
"""How a model's own name begins -> who made it; any other is taken for its provider's."""

OTEL: Mapping[str, str] = {
    "google": "gcp.gemini",
    "vertex": "gcp.vertex_ai",
    "aws": "aws.bedrock",
    "azure": "azure.ai.openai",
    "x-ai": "x_ai",
    "mistral": "mistral_ai",
    "moonshotai": "moonshot_ai",
    "ibm": "ibm.watsonx.ai",
}
"""Provider -> OpenTelemetry's word, where it is another."""


def issuer_sql(provider: str) -> str:
    """SQL for who invoices, of a provider that is not null."""
    return _mapped(provider, ISSUERS, provider)


def service_sql(provider: str) -> str:
    """SQL for the service's name, of a provider that is not null."""
    return _mapped(provider, SERVICES, f"{issuer_sql(provider)} || ' API'")


def publisher_sql(provider: str, model: str) -> str:
    """SQL for who made the model, by how its name begins, or a part of it behind a slash or a dot."""
    cases = " ".join(
        f"when regexp_matches(lower({model}), {quote_literal(rf'(^|[/.]){prefix}([^a-z]|$)')}) then {quote_literal(name)}"
        for prefix, name in PUBLISHERS.items()
    )
    return f"case {cases} else {issuer_sql(provider)} end"


def _mapped(value: str, names: Mapping[str, str], otherwise: str) -> str:
    cases = " ".join(f"when {quote_literal(key)} then {quote_literal(name)}" for key, name in names.items())
    return f"case {value} {cases} else {otherwise} end"
