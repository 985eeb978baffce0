"""What the company's features ask of the models."""

from __future__ import annotations

from dataclasses import dataclass

from llmcost.demo.chance import Weighted
from llmcost.demo.prices import UNKNOWN_MODEL

MINI, GPT_4O = "openai/gpt-4o-mini", "openai/gpt-4o"
EMBEDDING = "openai/text-embedding-3-small"
SONNET, HAIKU = "anthropic/claude-sonnet-4-5", "anthropic/claude-haiku-4-5"
FLASH = "gemini/gemini-2.5-flash"

ZOMBIE_FEATURE = "onboarding-tips"
LEAKING_TEAM = "insights"
STORM_FEATURE = "report-export"
BATCH_FEATURE = "catalogue-enrichment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One feature's traffic: which key it uses and how large its calls are, in tokens."""

    feature: str
    key: str
    models: Weighted[str]
    typical_input: int
    typical_output: int
    prefix: int = 0
    """Tokens of the system prompt and tools, the same in every call."""
    per_turn: int = 0
    """Tokens of history that each earlier turn of a session adds."""
    outside_production: float = 0.03
    """Share of the calls made from development and staging."""
    repeats: float = 0.0
    """Share of the calls the gateway answers from its own response cache."""


WORKLOADS = Weighted(
    (
        (
            Workload(
                feature="chat",
                key="support-chat",
                models=Weighted(((MINI, 40), (SONNET, 26), (GPT_4O, 20), (UNKNOWN_MODEL, 14))),
                typical_input=220,
                typical_output=260,
                prefix=1500,
                per_turn=420,
                repeats=0.03,
            ),
            0.30,
        ),
        (
            Workload(
                feature="search",
                key="search-api",
                models=Weighted(((EMBEDDING, 60), (FLASH, 40))),
                typical_input=900,
                typical_output=170,
                repeats=0.10,
            ),
            0.26,
        ),
        (
            Workload(
                feature="summarise",
                key="documents-worker",
                models=Weighted(((HAIKU, 55), (FLASH, 45))),
                typical_input=4200,
                typical_output=420,
            ),
            0.13,
        ),
        (
            Workload(
                feature=STORM_FEATURE,
                key="documents-worker",
                models=Weighted(((GPT_4O, 60), (SONNET, 40))),
                typical_input=5200,
                typical_output=1300,
                prefix=1800,
            ),
            0.03,
        ),
        (
            Workload(
                feature="insights",
                key="insights-app",
                models=Weighted(((SONNET, 55), (GPT_4O, 45))),
                typical_input=2600,
                typical_output=600,
                prefix=2300,
                outside_production=0.275,
            ),
            0.10,
        ),
        (
            Workload(
                feature="classify",
                key="support-chat",
                models=Weighted(((GPT_4O, 90), (MINI, 10))),
                typical_input=310,
                typical_output=7,
            ),
            0.12,
        ),
        (
            Workload(
                feature="assist",
                key="legacy-sdk",
                models=Weighted(((MINI, 75), (GPT_4O, 25))),
                typical_input=800,
                typical_output=200,
            ),
            0.06,
        ),
    )
)

ZOMBIE = Workload(
    feature=ZOMBIE_FEATURE, key="growth-site", models=Weighted(((MINI, 1),)), typical_input=700, typical_output=120
)
ZOMBIE_SHARE_WHILE_BUSY = 0.15

BATCH = Workload(
    feature=BATCH_FEATURE,
    key="data-batch",
    models=Weighted(((HAIKU, 1),)),
    typical_input=900,
    typical_output=140,
    prefix=2048,
    outside_production=0.0,
)
