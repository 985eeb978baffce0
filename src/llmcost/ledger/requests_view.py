"""The view `requests_v1`: the columns other tools may rely on, with their types and what they mean.

Migration 0006 makes the view. Its names and types never change; what has to change becomes `requests_v2` beside it.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Type = Literal["varchar", "timestamp", "integer", "bigint", "double", "boolean", "decimal(18,6)", "decimal(18,12)"]
TYPES: tuple[Type, ...] = get_args(Type)

NAME = "requests_v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewColumn:
    """One column of the view."""

    name: str
    type: Type
    """As DuckDB spells it, in lower case."""
    meaning: str


def _columns(type_: Type, **meanings: str) -> tuple[ViewColumn, ...]:
    return tuple(ViewColumn(name=name, type=type_, meaning=meaning) for name, meaning in meanings.items())


COLUMNS: tuple[ViewColumn, ...] = (
    *_columns("varchar", row_key="key of the call, made from what it is; unique together with part"),
    *_columns("integer", part="0 for the call itself; 1, 2, ... for passes inside it that are billed apart"),
    *_columns(
        "varchar",
        request_id="id of the call, unique among the calls of its issuer",
        issuer="who issued request_id",
        source="kind of log the call was read from",
    ),
    *_columns(
        "timestamp",
        started_at="when the call began, UTC; what it is counted and priced at",
        ended_at="when it ended, UTC",
    ),
    *_columns(
        "varchar",
        provider="who invoices",
        model="the model priced, without its provider; the logged name where there is no price",
        request_model="model asked for",
        response_model="model that answered",
        operation="chat, embeddings, rerank, image, speech, ...",
        service_tier="priority, flex, ...",
        processing="standard or batch; null is standard",
        speed="fast, where a provider sells it",
        inference_region="where the provider was made to compute",
        unit_size="size of the unit billed: a search context of low, an image of 1024x1024 high",
        status="ok, error, blocked, cancelled or incomplete",
    ),
    *_columns("integer", http_status="HTTP status of the answer"),
    *_columns("varchar", error_type="kind of error"),
    *_columns(
        "double",
        latency_ms="milliseconds until the answer was complete",
        time_to_first_token_ms="milliseconds until it began",  # noqa: S106  a column
    ),
    *_columns("integer", attempt="1 for the first attempt, 2 for its first repetition, ..."),
    *_columns(
        "boolean",
        gateway_cached="whether a gateway answered from its own cache; such a call is free",
        stream="whether the answer was streamed",
    ),
    *_columns("double", temperature="sampling temperature asked for"),
    *_columns("bigint", max_output_tokens="most output tokens allowed"),
    *_columns(
        "varchar",
        customer_id="customer the call was made for",
        user_id="user the call was made for",
        team="team",
        feature="product feature",
        environment="production, staging, ...",
        business_unit="business unit or cost centre",
        endpoint="the caller's own route",
        plan="plan of the customer",
        workflow="workflow",
        prompt_name="name of the prompt",
        prompt_version="version of the prompt",
        api_key_id="id of the API key, never the key",
        virtual_account="virtual account of the gateway",
        project="project at the provider",
        session_id="session or conversation",
        trace_id="trace",
        parent_id="span the call was made in",
        prompt_hash="salted hash of the prompt",
        tags="every tag as a JSON object of text, null without any",
        usage_origin="who counted the usage: billed, tokenizer, estimate or unknown",
    ),
    *_columns(
        "bigint",
        requests="1 for a call, 0 for a further part of one: its sum counts calls",
        input_tokens="all input tokens: caches, audio and images included",
        output_tokens="all output tokens: reasoning, audio and images included",
        uncached_input_tokens="text input neither read from nor written to a cache; priced as input",
        cache_read_tokens="text input read from a cache; priced as cache_read",
        cache_write_5m_tokens="input written to a cache for minutes; priced as cache_write_5m",
        cache_write_1h_tokens="input written to a cache for an hour; priced as cache_write_1h",
        input_audio_tokens="audio input; priced as input_audio",
        cache_read_audio_tokens="audio input read from a cache; priced as cache_read_audio",
        input_image_tokens="image input; priced as input_image",
        citation_tokens="what the provider's own search read, no part of the input; priced as citation",
        output_text_tokens="text output without reasoning; priced as output",
        reasoning_tokens="reasoning output; priced as reasoning",
        output_audio_tokens="audio output; priced as output_audio",
        output_image_tokens="image output; priced as output_image",
        web_searches="web searches; priced as web_search",
        file_searches="file searches; priced as file_search",
        map_searches="answers grounded in maps; priced as map_search",
        rerank_searches="searches reranked; priced as rerank_search",
        code_sessions="containers that ran code; priced as code_session",
        images="images made; priced as image",
        pages="pages read; priced as page",
        characters="characters spoken; priced as character",
    ),
    *_columns(
        "decimal(18,6)",
        audio_seconds="seconds of audio; priced as audio_hour",
        video_seconds="seconds of video; priced as video_second",
    ),
    *_columns(
        "decimal(18,12)",
        input_cost="cost of input and citations",
        cache_read_cost="cost of text read from a cache",
        cache_write_cost="cost of writing to a cache, for minutes and for an hour",
        output_cost="cost of text output",
        reasoning_cost="cost of reasoning",
        audio_cost="cost of audio tokens: input, output and read from a cache",
        image_cost="cost of image tokens: input and output",
        unit_cost="cost of everything counted otherwise, and the fee of a request",
        cost="what the call cost, the sum of the eight before; null where its price is unknown",
    ),
    *_columns(
        "varchar",
        currency="currency of cost and its parts, list_value and billed_cost",
        cost_status="billed, priced, estimated, free or unpriced",
        cost_reason="why it is estimated, free or unpriced",
        charge_basis="metered or subscription; a subscription's calls cost 0",
    ),
    *_columns("decimal(18,12)", list_value="list price of a call that cost something else; never part of cost"),
    *_columns(
        "varchar",
        price_id="price the call was rated at; with price_list, the key of the price sheet",
        price_list="hash of the price list it was rated with",
        match_kind="how the model's price was found",
    ),
    *_columns(
        "decimal(18,12)",
        billed_cost="amount the provider itself returned",
        reported_cost="amount the log claimed, in reported_currency",
    ),
    *_columns(
        "varchar", reported_currency="currency of reported_cost; null is USD", reported_by="who claimed reported_cost"
    ),
)
"""In the order of the view."""
