"""Two small catalogues in the shapes of genai-prices and LiteLLM, which agree on some models and differ on others."""

import json

GENAI = [
    {
        "id": "openai",
        "models": [
            {
                "id": "gpt-x",
                "match": {"or": [{"equals": "gpt-x"}, {"equals": "gpt-x-latest"}, {"regex": "^gpt-x-\\d+$"}]},
                "prices": [
                    {"prices": {"input_mtok": 10, "output_mtok": 40}},
                    {
                        "constraint": {"start_date": "2026-05-01"},
                        "prices": {
                            "input_mtok": {"base": 2, "tiers": [{"start": 272000, "price": 4}]},
                            "cache_read_mtok": {"base": 0.5, "tiers": [{"start": 272000, "price": 1}]},
                            "output_mtok": {"base": 8, "tiers": [{"start": 272000, "price": 12}]},
                            "web_searches_kcount": 10,
                        },
                    },
                ],
                "price_variants": [
                    {"when": {"service_tier": "default"}, "prices": {}},
                    {
                        "when": {"processing": "batch"},
                        "prices": {"input_mtok": 1, "output_mtok": 4},
                        "constraint": {"start_date": "2026-10-14"},
                    },
                    {"when": {"route": "eu"}, "prices": {"input_mtok": 3}},
                ],
            },
            {"id": "gpt-y", "match": {"equals": "gpt-y"}, "prices": {"input_mtok": 1, "output_mtok": 2}},
            {"id": "gpt-gift", "match": {"equals": "gpt-gift"}, "prices": {"input_mtok": 0, "output_mtok": 0}},
        ],
    },
    {
        "id": "x-ai",
        "models": [
            {
                "id": "grok-x",
                "match": {"starts_with": "grok-x"},
                "prices": {
                    "input_mtok": {"base": 1.25, "tiers": [{"start": 199999, "price": 2.5}]},
                    "output_mtok": 2.5,
                },
            }
        ],
    },
    {
        "id": "deepseek",
        "models": [
            {
                "id": "deepseek-x",
                "match": {"equals": "deepseek-x"},
                "prices": [
                    {"prices": {"input_mtok": 0.3, "output_mtok": 1.2}},
                    {
                        "constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"},
                        "prices": {"input_mtok": 0.6, "output_mtok": 2.4},
                    },
                ],
            }
        ],
    },
    {
        "id": "openrouter",
        "models": [
            {
                "id": "acme/small:free",
                "match": {"equals": "acme/small:free"},
                "prices": {"input_mtok": 0, "output_mtok": 0},
            }
        ],
    },
    {
        "id": "google",
        "models": [
            {"id": "claude-x", "match": {"equals": "claude-x"}, "prices": {"input_mtok": 3, "output_mtok": 15}},
        ],
    },
]

LITELLM = {
    "sample_spec": {"litellm_provider": "one of https://docs.litellm.ai/docs/providers", "input_cost_per_token": 0.0},
    "gpt-x": {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token": 2e-06,
        "input_cost_per_token_above_272k_tokens": 4e-06,
        "input_cost_per_token_batches": 1e-06,
        "input_cost_per_token_priority": 3.5e-06,
        "output_cost_per_token": 8e-06,
        "output_cost_per_token_above_272k_tokens": 1.2e-05,
        "output_cost_per_token_batches": 4e-06,
        "output_cost_per_token_priority": 1.4e-05,
        "output_cost_per_reasoning_token": 8e-06,
        "cache_read_input_token_cost": 5.000000000000001e-07,
        "cache_read_input_token_cost_above_272k_tokens": 1e-06,
        "cache_creation_input_token_cost": 0.0,
        "regional_processing_uplift_multiplier_eu": 1.1,
        "search_context_cost_per_query": {
            "search_context_size_low": 0.01,
            "search_context_size_medium": 0.01,
            "search_context_size_high": 0.01,
        },
    },
    "gpt-y": {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token": 3e-06,
        "output_cost_per_token": 2e-06,
    },
    "azure/gpt-x": {
        "litellm_provider": "azure",
        "mode": "chat",
        "input_cost_per_token": 2e-06,
        "output_cost_per_token": 8e-06,
    },
    "azure/eu/gpt-x": {
        "litellm_provider": "azure",
        "mode": "chat",
        "input_cost_per_token": 2.2e-06,
        "output_cost_per_token": 8.8e-06,
        "input_cost_per_token_batches": 1.1e-06,
        "output_cost_per_token_batches": 4.4e-06,
    },
    "deepseek/deepseek-x": {
        "litellm_provider": "deepseek",
        "mode": "chat",
        "input_cost_per_token": 6e-07,
        "output_cost_per_token": 2.4e-06,
        "off_peak_pricing": {
            "input_cost_per_token": 3e-07,
            "output_cost_per_token": 1.2e-06,
            "windows": [
                {"hours_utc": ["00:00-01:00", "10:00-00:00"], "weekdays": [1, 2, 3, 4, 5]},
                {"hours_utc": "00:00-00:00", "weekdays": [6, 7]},
            ],
        },
    },
    "groq/ear": {"litellm_provider": "groq", "mode": "audio_transcription", "input_cost_per_second": 3.083e-05},
    "perplexity/finder": {
        "litellm_provider": "perplexity",
        "mode": "chat",
        "input_cost_per_token": 1e-06,
        "output_cost_per_token": 1e-06,
        "search_context_cost_per_query": {
            "search_context_size_low": 0.005,
            "search_context_size_medium": 0.008,
            "search_context_size_high": 0.012,
        },
    },
    "fal_ai/painter": {"litellm_provider": "fal_ai", "mode": "image_generation", "output_cost_per_image": 0.04},
    "fal_ai/high/1024-x-1536/painter": {
        "litellm_provider": "fal_ai",
        "mode": "image_generation",
        "output_cost_per_image": 0.12,
    },
    "gemini/camera": {
        "litellm_provider": "gemini",
        "mode": "video_generation",
        "output_cost_per_second": 0.4,
        "output_cost_per_second_4k": 0.6,
    },
    "dashscope/bands": {
        "litellm_provider": "dashscope",
        "mode": "chat",
        "tiered_pricing": [
            {"input_cost_per_token": 1.2e-06, "output_cost_per_token": 6e-06, "range": [0, 32000.0]},
            {"input_cost_per_token": 2.4e-06, "output_cost_per_token": 1.2e-05, "range": [32000.0, 128000.0]},
        ],
    },
    "chatgpt/gpt-x": {"litellm_provider": "chatgpt", "mode": "chat", "input_cost_per_token": 2e-06},
    "bedrock/us-east-1/1-month-commitment/titan": {
        "litellm_provider": "bedrock",
        "mode": "chat",
        "input_cost_per_second": 0.011,
    },
    "ollama/llama": {"litellm_provider": "ollama", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0},
}

GENAI_BYTES = json.dumps(GENAI).encode()
LITELLM_BYTES = json.dumps(LITELLM).encode()

MODULE_BYTES = b'''"""DO NOT EDIT"""
from .types import *
providers: list[Provider] = [
    Provider(
        id='openai',
        extractors=[UsageExtractor(root='usage', mappings=[])],
        models=[
            ModelInfo(
                id='gpt-x',
                match=ClauseOr(or_=[ClauseEquals(equals='gpt-x')]),
                prices=[
                    ConditionalPrice(prices=ModelPrice(input_mtok=Decimal('10'), output_mtok=Decimal('40'))),
                    ConditionalPrice(
                        constraint=StartDateConstraint(start_date=datetime.date(2026, 5, 1)),
                        prices=ModelPrice(input_mtok=TieredPrices(base=Decimal('2'), tiers=[Tier(start=272000, price=Decimal('4'))]), output_mtok=Decimal('8')),
                    ),
                    ConditionalPrice(
                        constraint=TimeOfDateConstraint(start_time=datetime.time(0, 30, tzinfo=datetime.UTC), end_time=datetime.time(16, 30, tzinfo=datetime.UTC)),
                        prices=ModelPrice(input_mtok=Decimal('3'), output_mtok=Decimal('8')),
                    ),
                ],
            )
        ],
    )
]
'''
