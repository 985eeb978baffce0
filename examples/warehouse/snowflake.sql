-- The columns of requests_v1 in Snowflake; written by `llmcost export ddl --dialect snowflake`.
create table if not exists llmcost_requests (
    row_key                 varchar comment 'key of the call, made from what it is; unique together with part',
    part                    integer comment '0 for the call itself; 1, 2, ... for passes inside it that are billed apart',
    request_id              varchar comment 'id of the call, unique among the calls of its issuer',
    issuer                  varchar comment 'who issued request_id',
    source                  varchar comment 'kind of log the call was read from',
    started_at              timestamp_ntz comment 'when the call began, UTC; what it is counted and priced at',
    ended_at                timestamp_ntz comment 'when it ended, UTC',
    provider                varchar comment 'who invoices',
    model                   varchar comment 'the model priced, without its provider; the logged name where there is no price',
    request_model           varchar comment 'model asked for',
    response_model          varchar comment 'model that answered',
    operation               varchar comment 'chat, embeddings, rerank, image, speech, ...',
    service_tier            varchar comment 'priority, flex, ...',
    processing              varchar comment 'standard or batch; null is standard',
    speed                   varchar comment 'fast, where a provider sells it',
    inference_region        varchar comment 'where the provider was made to compute',
    unit_size               varchar comment 'size of the unit billed: a search context of low, an image of 1024x1024 high',
    status                  varchar comment 'ok, error, blocked, cancelled or incomplete',
    http_status             integer comment 'HTTP status of the answer',
    error_type              varchar comment 'kind of error',
    latency_ms              double comment 'milliseconds until the answer was complete',
    time_to_first_token_ms  double comment 'milliseconds until it began',
    attempt                 integer comment '1 for the first attempt, 2 for its first repetition, ...',
    gateway_cached          boolean comment 'whether a gateway answered from its own cache; such a call is free',
    stream                  boolean comment 'whether the answer was streamed',
    temperature             double comment 'sampling temperature asked for',
    max_output_tokens       bigint comment 'most output tokens allowed',
    customer_id             varchar comment 'customer the call was made for',
    user_id                 varchar comment 'user the call was made for',
    team                    varchar comment 'team',
    feature                 varchar comment 'product feature',
    environment             varchar comment 'production, staging, ...',
    business_unit           varchar comment 'business unit or cost centre',
    endpoint                varchar comment 'the caller''s own route',
    plan                    varchar comment 'plan of the customer',
    workflow                varchar comment 'workflow',
    prompt_name             varchar comment 'name of the prompt',
    prompt_version          varchar comment 'version of the prompt',
    api_key_id              varchar comment 'id of the API key, never the key',
    virtual_account         varchar comment 'virtual account of the gateway',
    project                 varchar comment 'project at the provider',
    session_id              varchar comment 'session or conversation',
    trace_id                varchar comment 'trace',
    parent_id               varchar comment 'span the call was made in',
    prompt_hash             varchar comment 'salted hash of the prompt',
    tags                    varchar comment 'every tag as a JSON object of text, null without any',
    usage_origin            varchar comment 'who counted the usage: billed, tokenizer, estimate or unknown',
    requests                bigint comment '1 for a call, 0 for a further part of one: its sum counts calls',
    input_tokens            bigint comment 'all input tokens: caches, audio and images included',
    output_tokens           bigint comment 'all output tokens: reasoning, audio and images included',
    uncached_input_tokens   bigint comment 'text input neither read from nor written to a cache; priced as input',
    cache_read_tokens       bigint comment 'text input read from a cache; priced as cache_read',
    cache_write_5m_tokens   bigint comment 'input written to a cache for minutes; priced as cache_write_5m',
    cache_write_1h_tokens   bigint comment 'input written to a cache for an hour; priced as cache_write_1h',
    input_audio_tokens      bigint comment 'audio input; priced as input_audio',
    cache_read_audio_tokens bigint comment 'audio input read from a cache; priced as cache_read_audio',
    input_image_tokens      bigint comment 'image input; priced as input_image',
    citation_tokens         bigint comment 'what the provider''s own search read, no part of the input; priced as citation',
    output_text_tokens      bigint comment 'text output without reasoning; priced as output',
    reasoning_tokens        bigint comment 'reasoning output; priced as reasoning',
    output_audio_tokens     bigint comment 'audio output; priced as output_audio',
    output_image_tokens     bigint comment 'image output; priced as output_image',
    web_searches            bigint comment 'web searches; priced as web_search',
    file_searches           bigint comment 'file searches; priced as file_search',
    map_searches            bigint comment 'answers grounded in maps; priced as map_search',
    rerank_searches         bigint comment 'searches reranked; priced as rerank_search',
    code_sessions           bigint comment 'containers that ran code; priced as code_session',
    images                  bigint comment 'images made; priced as image',
    pages                   bigint comment 'pages read; priced as page',
    characters              bigint comment 'characters spoken; priced as character',
    audio_seconds           decimal(18, 6) comment 'seconds of audio; priced as audio_hour',
    video_seconds           decimal(18, 6) comment 'seconds of video; priced as video_second',
    input_cost              decimal(18, 12) comment 'cost of input and citations',
    cache_read_cost         decimal(18, 12) comment 'cost of text read from a cache',
    cache_write_cost        decimal(18, 12) comment 'cost of writing to a cache, for minutes and for an hour',
    output_cost             decimal(18, 12) comment 'cost of text output',
    reasoning_cost          decimal(18, 12) comment 'cost of reasoning',
    audio_cost              decimal(18, 12) comment 'cost of audio tokens: input, output and read from a cache',
    image_cost              decimal(18, 12) comment 'cost of image tokens: input and output',
    unit_cost               decimal(18, 12) comment 'cost of everything counted otherwise, and the fee of a request',
    cost                    decimal(18, 12) comment 'what the call cost, the sum of the eight before; null where its price is unknown',
    currency                varchar comment 'currency of cost and its parts, list_value and billed_cost',
    cost_status             varchar comment 'billed, priced, estimated, free or unpriced',
    cost_reason             varchar comment 'why it is estimated, free or unpriced',
    charge_basis            varchar comment 'metered or subscription; a subscription''s calls cost 0',
    list_value              decimal(18, 12) comment 'list price of a call that cost something else; never part of cost',
    price_id                varchar comment 'price the call was rated at; with price_list, the key of the price sheet',
    price_list              varchar comment 'hash of the price list it was rated with',
    match_kind              varchar comment 'how the model''s price was found',
    billed_cost             decimal(18, 12) comment 'amount the provider itself returned',
    reported_cost           decimal(18, 12) comment 'amount the log claimed, in reported_currency',
    reported_currency       varchar comment 'currency of reported_cost; null is USD',
    reported_by             varchar comment 'who claimed reported_cost'
) cluster by (to_date(started_at));

comment on table llmcost_requests is 'One row for each LLM call, as llmcost export requests --columns requests_v1 writes it; times are UTC';

-- Put the folder that `llmcost export requests --columns requests_v1 --partition day --output lake/` wrote on a stage:
--   put file://lake/day=*/requests.parquet @llmcost_stage auto_compress = false;
-- A day that is exported again replaces what was loaded of it.
create stage if not exists llmcost_stage file_format = (type = parquet);

begin;
delete from llmcost_requests
where to_date(started_at) between '2026-11-01' and '2026-11-30';
copy into llmcost_requests
from @llmcost_stage
pattern = '.*day=2026-11-.*[.]parquet'
file_format = (type = parquet)
match_by_column_name = case_insensitive
force = true;
commit;
