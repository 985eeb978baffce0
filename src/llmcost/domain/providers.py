"""Who invoices: one name per provider, whatever a log, a gateway or a framework calls it."""

from __future__ import annotations

import re

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "openai": (
        "open_ai",
        "openai_chat",
        "openai_responses",
        "text_completion_openai",
        "openai_text",
        "azure_text_openai",
    ),
    "anthropic": ("claude", "anthropic_messages", "anthropic_text"),
    "google": (
        "gemini",
        "google_genai",
        "google_ai",
        "google_ai_studio",
        "gcp_gemini",
        "gcp_gen_ai",
        "google_gemini",
        "google_generative_ai",
        "generativelanguage",
        "palm",
    ),
    "vertex": (
        "vertexai",
        "vertex_ai",
        "gcp_vertex_ai",
        "google_vertex",
        "google_vertexai",
        "google_vertex_ai",
        "gcp",
        "vertex_ai_beta",
        "anthropic_vertex",
        "vertex_anthropic",
        "vertex_maas",
        "googlevertex",
        "googlevertex_anthropic",
    ),
    "aws": (
        "bedrock",
        "aws_bedrock",
        "amazon",
        "amazon_bedrock",
        "bedrock_converse",
        "bedrock_runtime",
        "bedrock_mantle",
        "bedrock_anthropic",
        "sagemaker",
        "aws_sagemaker",
    ),
    "azure": (
        "azure_openai",
        "azure_ai",
        "azure_ai_openai",
        "az_ai_openai",
        "az_ai_inference",
        "azure_ai_inference",
        "azure_ai_foundry",
        "azure_foundry",
        "microsoft_foundry",
        "azure_text",
    ),
    "x-ai": ("xai", "x_ai", "grok"),
    "mistral": ("mistral_ai", "mistralai", "codestral"),
    "deepseek": ("deep_seek",),
    "groq": ("groqcloud",),
    "cohere": ("cohere_chat", "cohere_ai"),
    "perplexity": ("perplexity_ai", "pplx"),
    "openrouter": ("open_router",),
    "together": ("together_ai", "togetherai"),
    "fireworks": ("fireworks_ai", "fireworksai"),
    "moonshotai": ("moonshot", "moonshot_ai", "kimi"),
    "voyageai": ("voyage", "voyage_ai"),
    "cerebras": ("cerebras_ai",),
    "zhipuai": ("zhipu", "zhipu_ai", "bigmodel"),
    "zai": ("z_ai",),
    "minimax": (),
    "alibaba": ("dashscope", "qwen"),
    "ibm": ("watsonx", "ibm_watsonx_ai", "watsonx_ai"),
    "huggingface": ("hugging_face", "hf"),
    "replicate": (),
    "databricks": (),
    "cloudflare": ("workers_ai", "cloudflare_workers_ai"),
    "deepinfra": ("deep_infra",),
    "novita": ("novita_ai",),
    "ollama": ("ollama_chat",),
    "vllm": ("hosted_vllm",),
    "vercel_ai_gateway": ("vercel", "vercel_ai"),
    "github-copilot": ("copilot",),
    "nebius": ("nebius_ai", "nebius_ai_studio", "nebius_token_factory"),
    "oci": ("oracle", "oci_genai", "oracle_cloud"),
    "fal_ai": ("fal",),
    "baseten": (),
    "wandb": ("weights_and_biases",),
    "ovhcloud": ("ovh",),
    "stability": ("stability_ai", "stabilityai"),
    "sambanova": ("samba_nova",),
    "snowflake": ("snowflake_cortex",),
    "lambda_ai": ("lambdalabs", "lambda_labs"),
    "gmi": ("gmi_cloud",),
    "hyperbolic": (),
    "tencent": ("tencent_cloud", "hunyuan"),
    "volcengine": ("byteplus", "doubao"),
    "elevenlabs": ("eleven_labs",),
    "deepgram": (),
    "assemblyai": ("assembly_ai",),
    "nscale": (),
    "scaleway": (),
    "runwayml": ("runway",),
    "aiml": ("aimlapi", "aiml_api"),
    "ai21": ("ai21_labs",),
    "friendliai": ("friendli", "friendli_ai"),
    "gradient_ai": ("digitalocean", "digitalocean_gradient"),
    "black_forest_labs": ("bfl",),
    "inception": ("inception_labs",),
    "jina_ai": ("jina",),
    "meta": ("meta_llama",),
    "arcee": ("arcee_ai",),
    "xiaomi_mimo": ("xiaomi", "mimo"),
    "amazon_nova": (),
    "aws_polly": ("polly",),
}

HOSTS = frozenset(
    (
        "aws",
        "azure",
        "vertex",
        "openrouter",
        "groq",
        "together",
        "fireworks",
        "cerebras",
        "databricks",
        "cloudflare",
        "deepinfra",
        "novita",
        "huggingface",
    )
)
"""Providers that also invoice for other companies' models."""

FIRST_PARTY = frozenset(
    (
        "openai",
        "anthropic",
        "google",
        "mistral",
        "deepseek",
        "cohere",
        "x-ai",
        "perplexity",
        "voyageai",
        "moonshotai",
        "zhipuai",
        "zai",
        "minimax",
    )
)
"""Providers that invoice for their own models."""

_ENDPOINT = re.compile(
    r"\.(chat|completions?|responses|messages|(text)?embeddings?|image|video|speech|transcription|realtime|reranking)$"
)
"""What the Vercel AI SDK writes behind a provider: `mistral.chat`, `cohere.textEmbedding`."""
_SEPARATORS = re.compile(r"[\s._/-]+")


def _key(name: str) -> str:
    return _SEPARATORS.sub("_", _ENDPOINT.sub("", name.strip().lower())).strip("_")


_CANONICAL = {_key(spelling): provider for provider, others in _SPELLINGS.items() for spelling in (provider, *others)}


def normalise_provider(name: str | None) -> str | None:
    """Canonical provider for any known spelling (`gcp.vertex_ai` is `vertex`); None when the spelling is unknown."""
    return _CANONICAL.get(_key(name)) if name else None
