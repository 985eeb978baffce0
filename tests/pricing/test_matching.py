"""A logged name means one model or none."""

from datetime import UTC, datetime

import pytest

from llmcost.domain.providers import normalise_provider
from llmcost.pricing.matching import match_model, nearest_names


def found(prices, provider, request, response=None, at=None):
    match = match_model(prices, provider, request, response, at)
    return (match.model.id, match.kind) if match else None


@pytest.mark.parametrize(
    ("provider", "name", "expected"),
    [
        ("openai", "gpt-4o", ("openai/gpt-4o", "exact")),
        ("OpenAI", "GPT-4o", ("openai/gpt-4o", "exact")),
        ("openai", "gpt-4o-2024-11-20", ("openai/gpt-4o", "dated")),
        ("openai", "gpt-4o-2024-05-13", ("openai/gpt-4o-2024-05-13", "exact")),
        ("openai", "gpt-4o-mini-2024-07-18", ("openai/gpt-4o-mini", "dated")),
        ("vertex_ai", "claude-haiku-5-5@default", ("vertex/claude-haiku-5-5", "resource")),
        ("vertex_ai", "publishers/anthropic/models/claude-opus-5-5@default", ("vertex/claude-opus-5-5", "resource")),
        ("bedrock", "anthropic.claude-opus-4-6-v1", ("aws/anthropic.claude-opus-4-6", "exact")),
        ("bedrock", "global.anthropic.claude-opus-4-6-v1", ("aws/global.anthropic.claude-opus-4-6", "exact")),
        ("xai", "grok-4.20-reasoning", ("x-ai/grok-4.20", "exact")),
        ("xai", "grok-4.20-experimental-beta-latest", ("x-ai/grok-4.20", "exact")),
        # Whoever had it tuned, a tuned model has the price of the base's tuned ones.
        ("openai", "ft:gpt-4o-mini-2024-07-18:acme::abc123", ("openai/ft:gpt-4o-mini-2024-07-18", "resource")),
        ("openai", "ft:gpt-3.5-turbo-0125:acme:bot:7p4:ckpt-step-88", ("openai/ft:gpt-3.5-turbo-0125", "resource")),
        ("openai", "openai/ft:gpt-4.1-2025-04-14:acme::x", ("openai/ft:gpt-4.1-2025-04-14", "prefix")),
        ("openai", "ft:gpt-4o-mini-2024-07-18", ("openai/ft:gpt-4o-mini-2024-07-18", "exact")),
        ("openai", "ft:gpt-99:acme::abc123", None),
        ("openai", "openai/gpt-4o-mini", ("openai/gpt-4o-mini", "prefix")),
        ("anthropic", "claude-sonnet-4-5-20250929", ("anthropic/claude-sonnet-4-5", "dated")),
        ("anthropic", "claude-sonnet-4-20250514", ("anthropic/claude-sonnet-4", "dated")),
        ("gcp.vertex_ai", "claude-sonnet-4-5@20250929", ("vertex/claude-sonnet-4-5", "dated")),
        ("vertex_ai", "vertex_ai/gemini-2.5-flash", ("vertex/gemini-2.5-flash", "prefix")),
        ("gemini", "models/gemini-2.5-pro", ("google/gemini-2.5-pro", "resource")),
        ("vertex", "publishers/google/models/gemini-2.5-pro", ("vertex/gemini-2.5-pro", "resource")),
        ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", ("aws/anthropic.claude-sonnet-4-5", "dated")),
        ("aws.bedrock", "global.anthropic.claude-opus-4-6-v1:0", ("aws/global.anthropic.claude-opus-4-6", "resource")),
        (
            "aws",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-5-20251101-v1:0",
            ("aws/anthropic.claude-opus-4-5", "dated"),
        ),
        ("groq", "openai/gpt-oss-120b", ("groq/openai/gpt-oss-120b", "exact")),
        ("openrouter", "openai/gpt-4o-mini", ("openrouter/openai/gpt-4o-mini", "exact")),
        ("azure.ai.openai", "gpt-4.1-2025-04-14", ("azure/gpt-4.1", "dated")),
        # A host's prefix says who invoices, whoever made the model.
        ("anthropic", "bedrock/us.anthropic.claude-sonnet-4-5", ("aws/anthropic.claude-sonnet-4-5", "prefix")),
        ("vertex", "anthropic/claude-opus-4-6", ("vertex/claude-opus-4-6", "prefix")),
        # Nothing is guessed.
        ("anthropic", "claude-opus-4-10", None),
        ("anthropic", "claude-opus-9", None),
        ("openai", "gpt-4o-realtime-xyz", None),
        ("google", "gemini-2.5-pro-foo", None),
        ("openai", "gpt-4o-2024", None),
        # No such day.
        ("openai", "gpt-4o-20240231", None),
        ("openai", "gpt-4o-2024-19-01", None),
        ("vertex", "claude-sonnet-4-5@20259999", None),
        ("openai", "my-gpt-4o", None),
        # Free by definition, whatever the model.
        ("openrouter", "openai/gpt-4o-mini:free", ("openrouter/openai/gpt-4o-mini:free", "variant")),
        ("openrouter", "openrouter/acme/Unheard-Of:free", ("openrouter/acme/unheard-of:free", "variant")),
        (None, "openrouter/mistralai/mistral-9:free", ("openrouter/mistralai/mistral-9:free", "variant")),
        ("mistral", "openrouter/mistralai/mistral-9:free", ("openrouter/mistralai/mistral-9:free", "variant")),
        # Nobody else has said so.
        ("openrouter", "gpt-4o-mini:free", None),
        ("openrouter", "openai/gpt-4o-mini:freemium", None),
        ("together", "openai/gpt-4o-mini:free", None),
        ("azure", "openrouter/openai/gpt-4o-mini:free", None),
        (None, "openai/gpt-4o-mini:free", None),
        # Which provider they chose, or what they searched, the name does not say.
        ("openrouter", "openai/gpt-4o-mini:floor", None),
        ("openrouter", "openai/gpt-4o-mini:nitro", None),
        ("openrouter", "openai/gpt-4o-mini:online", None),
        ("openrouter", "anthropic/claude-opus-4-1", None),
        ("acme-gateway", "gpt-4o", None),
        ("cohere", "gpt-4o", None),
    ],
)
def test_a_name_is_matched_exactly_or_not_at_all(built_in, provider, name, expected):
    assert found(built_in, provider, name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-5.2-codex", "openai/gpt-5.2"),
        ("claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
        ("azure/gpt-4o", "azure/gpt-4o"),
        ("anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4-5"),
        (
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "aws/anthropic.claude-sonnet-4-5",
        ),
        # Served by several hosts and by no maker of its own.
        ("openai/gpt-oss-120b", None),
        ("llama-3.3-70b-versatile", None),
    ],
)
def test_a_missing_provider_is_read_from_the_name_or_its_only_maker(built_in, name, expected):
    match = match_model(built_in, None, name)
    assert (match.model.id if match else None) == expected


def test_the_response_model_decides_when_it_is_known(built_in):
    assert found(built_in, "openai", "gpt-4o", "gpt-4o-2024-05-13") == ("openai/gpt-4o-2024-05-13", "exact")
    assert found(built_in, "openai", "gpt-4o", "gpt-4o-internal") == ("openai/gpt-4o", "exact")
    assert match_model(built_in, "openai", "gpt-4o", "gpt-4o-internal").as_requested
    assert not match_model(built_in, "openai", "gpt-4o-internal", "gpt-4o").as_requested


BEDROCK = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
ARN = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{BEDROCK}"


@pytest.mark.parametrize(
    ("provider", "request_model", "response", "expected"),
    [
        (None, "azure/gpt-4o", "gpt-4o-2024-08-06", ("azure/gpt-4o", "dated", None)),
        (None, "azure/eu/gpt-4.1", "gpt-4.1-2025-04-14", ("azure/gpt-4.1", "dated", "eu")),
        ("openai", "azure/eu/gpt-4.1", "gpt-4.1-2025-04-14", ("azure/gpt-4.1", "dated", "eu")),
        ("azure", "azure/eu/gpt-4.1", "gpt-4.1-2025-04-14", ("azure/gpt-4.1", "dated", "eu")),
        # Nobody has declared the deployment, but its name states the region.
        ("openai", "azure/us/prod-chat", "gpt-4.1", ("azure/gpt-4.1", "exact", "us")),
        ("gemini", "vertex_ai/gemini-2.5-pro", "gemini-2.5-pro", ("vertex/gemini-2.5-pro", "exact", None)),
        # Bedrock's models have names of their own, so that the requested one decides.
        (None, f"bedrock/{BEDROCK}", "claude-sonnet-4-5-20250929", ("aws/anthropic.claude-sonnet-4-5", "prefix", None)),
        (
            "anthropic",
            f"bedrock/{BEDROCK}",
            "claude-sonnet-4-5-20250929",
            ("aws/anthropic.claude-sonnet-4-5", "prefix", None),
        ),
        ("aws", BEDROCK, "claude-sonnet-4-5-20250929", ("aws/anthropic.claude-sonnet-4-5", "dated", None)),
        ("anthropic", ARN, "claude-sonnet-4-5-20250929", ("aws/anthropic.claude-sonnet-4-5", "dated", None)),
        # The answer leaves out the suffix that made the call free, and the route.
        (
            "openrouter",
            "openrouter/openai/gpt-4o-mini:free",
            "openai/gpt-4o-mini",
            ("openrouter/openai/gpt-4o-mini:free", "variant", None),
        ),
        # A gateway went on to another host than the one asked for.
        ("openai", "azure/eu/gpt-4.1", f"bedrock/{BEDROCK}", ("aws/anthropic.claude-sonnet-4-5", "prefix", None)),
        # The location of a resource path is the region, whatever answered.
        (
            "vertex",
            "projects/acme/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929",
            "claude-sonnet-4-5",
            ("vertex/claude-sonnet-4-5", "exact", "us-east5"),
        ),
        (
            None,
            "vertex_ai/projects/acme/locations/europe-west1/publishers/google/models/gemini-3.8-flash-tuned",
            "gemini-3.8-flash",
            ("vertex/gemini-3.8-flash", "exact", "europe-west1"),
        ),
        # A maker's prefix is no route.
        ("openai", "openai/gpt-4.1", "gpt-4.1-2025-04-14", ("openai/gpt-4.1", "dated", None)),
    ],
)
def test_the_requested_name_tells_who_invoices_the_response_and_where(
    built_in, provider, request_model, response, expected
):
    match = match_model(built_in, provider, request_model, response)
    assert match is not None
    assert (match.model.id, match.kind, match.region) == expected
    assert not match.as_requested


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("projects/acme/locations/us-east5/publishers/anthropic/models/claude-opus-4-6", "us-east5"),
        ("projects/acme/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929", "us-east5"),
        ("vertex_ai/projects/acme/locations/eu/publishers/google/models/gemini-3.8-flash", "eu"),
        ("projects/acme/locations/global/publishers/google/models/gemini-3.8-flash", "global"),
        ("publishers/google/models/gemini-3.8-flash", None),
    ],
)
def test_the_location_in_a_resource_path_is_the_region(built_in, name, region):
    match = match_model(built_in, "vertex", name)
    assert match is not None
    assert match.region == region


def test_another_model_of_a_host_than_the_one_asked_for_is_not_taken_for_it(built_in):
    match = match_model(built_in, "anthropic", f"bedrock/{BEDROCK}", "claude-opus-4-5-20251101")
    assert match is not None
    assert match.model.id == "aws/anthropic.claude-sonnet-4-5"
    assert match.as_requested


LIST = """
models:
  - {id: openai/old, prices: [{rates: {input: 1}}]}
  - {id: openai/new, prices: [{rates: {input: 2}}]}
aliases:
  - {provider: openai, name: latest, to: openai/old, until: 2026-03-01}
  - {provider: openai, name: latest, to: openai/new, from: 2026-03-01}
prefixes:
  - {pattern: "azure/eu/", provider: azure, region: eu}
  - {pattern: "azure/", provider: azure}
deployments:
  - {provider: azure, name: prod-chat, model: openai/new, region: eu}
"""


def test_an_alias_means_what_it_meant_at_the_time(price_list):
    prices = price_list(LIST)
    assert found(prices, "openai", "latest", at=datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)) == (
        "openai/old",
        "alias",
    )
    assert found(prices, "openai", "latest", at=datetime(2026, 3, 1, tzinfo=UTC)) == ("openai/new", "alias")
    assert found(prices, "openai", "latest") is None


def test_a_deployment_is_known_by_the_name_its_owner_gave_it(price_list):
    prices = price_list(LIST)
    match = match_model(prices, "azure", "azure/prod-chat")
    assert match is not None
    assert (match.model.id, match.kind, match.region) == ("openai/new", "deployment", "eu")
    assert found(prices, "azure", "Prod-Chat") == ("openai/new", "deployment")


@pytest.mark.parametrize(
    ("requested", "answered", "expected"),
    [
        # A deployment named after a model that it no longer serves.
        ("legacy", "old", ("azure/old", "exact")),
        ("legacy", "old-2026-01-31", ("azure/old", "dated")),
        (None, "old", ("azure/old", "exact")),
        (None, "prod-chat", ("azure/new", "deployment")),
        # A gateway repeats the name that was called.
        ("old", "old", ("azure/new", "deployment")),
        ("azure/prod-chat", "prod-chat", ("azure/new", "deployment")),
        ("old", "new", ("azure/new", "exact")),
    ],
)
def test_an_answer_has_the_name_of_a_model_and_not_of_another_deployment(price_list, requested, answered, expected):
    prices = price_list(
        """
models:
  - {id: azure/old, match: {dated: true}, prices: [{rates: {input: 1}}]}
  - {id: azure/new, prices: [{rates: {input: 2}}]}
prefixes: [{pattern: "azure/", provider: azure}]
deployments:
  - {provider: azure, name: prod-chat, model: azure/new}
""",
        """
deployments:
  - {provider: azure, name: old, model: azure/new}
""",
    )
    assert found(prices, "azure", requested, answered) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("us-gov.anthropic.claude-haiku-4-5-20251001-v1:0", ("aws/us-gov.anthropic.claude-haiku-4-5", "dated")),
        ("us-gov.anthropic.claude-sonnet-5", ("aws/anthropic.claude-sonnet-5", "exact")),
        ("us-gov.anthropic.claude-opus-4-1-20250805-v1:0", None),
    ],
)
def test_a_profile_of_govcloud_is_not_a_commercial_one(built_in, name, expected):
    assert found(built_in, "aws", name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("amazon.titan-embed-text-v1", ("aws/amazon.titan-embed-text-v1", "exact")),
        ("amazon.titan-embed-text-v1:2", ("aws/amazon.titan-embed-text-v1", "resource")),
        ("amazon.titan-embed-text-v2:0", ("aws/amazon.titan-embed-text-v2", "resource")),
        ("amazon.titan-embed-text", None),
    ],
)
def test_a_version_that_is_a_models_own_stays_when_its_revision_is_taken_off(built_in, name, expected):
    assert found(built_in, "aws", name) == expected


@pytest.mark.parametrize(
    ("provider", "name", "expected"),
    [
        ("gemini", "claude-sonnet-4-5@20250929", ("vertex/claude-sonnet-4-5", "dated")),
        ("google", "meta/llama-3.3-70b-instruct-maas", ("vertex/meta/llama-3.3-70b-instruct-maas", "exact")),
        ("gemini", "text-embedding-004", None),
        ("gemini", "gemini/text-embedding-004", None),
        ("gemini", "models/text-embedding-004", None),
        ("vertex_ai", "text-embedding-004", ("vertex/text-embedding-004", "exact")),
        ("gemini", "gemini-2.5-pro-exp-03-25", None),
    ],
)
def test_a_model_of_googles_own_has_no_price_of_its_other_service(built_in, provider, name, expected):
    assert found(built_in, provider, name) == expected


@pytest.mark.parametrize("requested", ["prod-chat", "azure/prod-chat"])
def test_a_deployment_serves_its_model_whatever_the_answer_calls_it(price_list, requested):
    match = match_model(price_list(LIST), "azure", requested, "prod-v2")
    assert match is not None
    assert (match.model.id, match.kind, match.as_requested) == ("openai/new", "deployment", False)


def test_the_region_of_a_deployment_holds_whatever_model_answered(price_list):
    prices = price_list(LIST.replace("prefixes:", "  - {provider: azure, name: newest, to: openai/new}\nprefixes:"))
    for provider in ("azure", "openai"):
        match = match_model(prices, provider, "azure/prod-chat", "newest")
        assert match is not None
        assert (match.model.id, match.kind, match.region) == ("openai/new", "alias", "eu")


def test_near_names_are_only_ever_suggested(built_in):
    assert "openai/gpt-4.1-mini" in nearest_names(built_in, "openai", "openai/gpt-4.1-minni")
    assert nearest_names(built_in, "openai", "zzzzzzzzzz") == []


@pytest.mark.parametrize(
    ("spelling", "provider"),
    [
        ("gcp.vertex_ai", "vertex"),
        ("vertex_ai", "vertex"),
        ("gemini", "google"),
        ("gcp.gemini", "google"),
        ("aws.bedrock", "aws"),
        ("Bedrock", "aws"),
        ("azure.ai.openai", "azure"),
        ("az.ai.inference", "azure"),
        ("xai", "x-ai"),
        ("x_ai", "x-ai"),
        ("mistral_ai", "mistral"),
        ("moonshot", "moonshotai"),
        ("together_ai", "together"),
        ("openai", "openai"),
        ("google.generative-ai", "google"),
        ("google.generative-ai.embedding", "google"),
        ("google.vertex.chat", "vertex"),
        ("vertex.anthropic.messages", "vertex"),
        ("googleVertex.anthropic.messages", "vertex"),
        ("bedrock.anthropic.messages", "aws"),
        ("bedrock-mantle.responses", "aws"),
        ("azure-openai.chat", "azure"),
        ("azure.responses", "azure"),
        ("mistral.chat", "mistral"),
        ("xai.responses", "x-ai"),
        ("cohere.textEmbedding", "cohere"),
        ("openai.completion", "openai"),
        ("acme", None),
        ("acme.chat", None),
        (".chat", None),
        ("", None),
        (None, None),
    ],
)
def test_every_spelling_of_a_provider_has_one_name(spelling, provider):
    assert normalise_provider(spelling) == provider


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2025, 9, 24, tzinfo=UTC), None),
        (datetime(2026, 1, 20, tzinfo=UTC), ("google/gemini-2.5-flash", "alias")),
        (datetime(2026, 1, 21, tzinfo=UTC), ("google/gemini-3-flash-preview", "alias")),
        # It moved three times on days that nobody wrote down.
        (datetime(2026, 7, 1, tzinfo=UTC), None),
        (datetime(2026, 9, 3, tzinfo=UTC), ("google/gemini-3.8-flash", "alias")),
    ],
)
def test_a_moving_name_is_the_model_it_was_at_the_time_or_none(built_in, at, expected):
    assert found(built_in, "gemini", "gemini-flash-latest", at=at) == expected
