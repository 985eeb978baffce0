-- The columns of requests_v1 in Amazon Redshift; written by `llmcost export ddl --dialect redshift`.
create table if not exists llmcost_requests (
    row_key                 varchar(65535),
    part                    integer,
    request_id              varchar(65535),
    issuer                  varchar(65535),
    source                  varchar(65535),
    started_at              timestamp,
    ended_at                timestamp,
    provider                varchar(65535),
    model                   varchar(65535),
    request_model           varchar(65535),
    response_model          varchar(65535),
    operation               varchar(65535),
    service_tier            varchar(65535),
    processing              varchar(65535),
    speed                   varchar(65535),
    inference_region        varchar(65535),
    unit_size               varchar(65535),
    status                  varchar(65535),
    http_status             integer,
    error_type              varchar(65535),
    latency_ms              double precision,
    time_to_first_token_ms  double precision,
    attempt                 integer,
    gateway_cached          boolean,
    stream                  boolean,
    temperature             double precision,
    max_output_tokens       bigint,
    customer_id             varchar(65535),
    user_id                 varchar(65535),
    team                    varchar(65535),
    feature                 varchar(65535),
    environment             varchar(65535),
    business_unit           varchar(65535),
    endpoint                varchar(65535),
    plan                    varchar(65535),
    workflow                varchar(65535),
    prompt_name             varchar(65535),
    prompt_version          varchar(65535),
    api_key_id              varchar(65535),
    virtual_account         varchar(65535),
    project                 varchar(65535),
    session_id              varchar(65535),
    trace_id                varchar(65535),
    parent_id               varchar(65535),
    prompt_hash             varchar(65535),
    tags                    varchar(65535),
    usage_origin            varchar(65535),
    requests                bigint,
    input_tokens            bigint,
    output_tokens           bigint,
    uncached_input_tokens   bigint,
    cache_read_tokens       bigint,
    cache_write_5m_tokens   bigint,
    cache_write_1h_tokens   bigint,
    input_audio_tokens      bigint,
    cache_read_audio_tokens bigint,
    input_image_tokens      bigint,
    citation_tokens         bigint,
    output_text_tokens      bigint,
    reasoning_tokens        bigint,
    output_audio_tokens     bigint,
    output_image_tokens     bigint,
    web_searches            bigint,
    file_searches           bigint,
    map_searches            bigint,
    rerank_searches         bigint,
    code_sessions           bigint,
    images                  bigint,
    pages                   bigint,
    characters              bigint,
    audio_seconds           decimal(18, 6),
    video_seconds           decimal(18, 6),
    input_cost              decimal(18, 12),
    cache_read_cost         decimal(18, 12),
    cache_write_cost        decimal(18, 12),
    output_cost             decimal(18, 12),
    reasoning_cost          decimal(18, 12),
    audio_cost              decimal(18, 12),
    image_cost              decimal(18, 12),
    unit_cost               decimal(18, 12),
    cost                    decimal(18, 12),
    currency                varchar(65535),
    cost_status             varchar(65535),
    cost_reason             varchar(65535),
    charge_basis            varchar(65535),
    list_value              decimal(18, 12),
    price_id                varchar(65535),
    price_list              varchar(65535),
    match_kind              varchar(65535),
    billed_cost             decimal(18, 12),
    reported_cost           decimal(18, 12),
    reported_currency       varchar(65535),
    reported_by             varchar(65535)
)
sortkey (started_at);

comment on table llmcost_requests is 'One row for each LLM call, as llmcost export requests --columns requests_v1 writes it; times are UTC';
comment on column llmcost_requests.row_key is 'key of the call, made from what it is; unique together with part';
comment on column llmcost_requests.part is '0 for the call itself; 1, 2, ... for passes inside it that are billed apart';
comment on column llmcost_requests.request_id is 'id of the call, unique among the calls of its issuer';
comment on column llmcost_requests.issuer is 'who issued request_id';
comment on column llmcost_requests.source is 'kind of log the call was read from';
comment on column llmcost_requests.started_at is 'when the call began, UTC; what it is counted and priced at';
comment on column llmcost_requests.ended_at is 'when it ended, UTC';
comment on column llmcost_requests.provider is 'who invoices';
comment on column llmcost_requests.model is 'the model priced, without its provider; the logged name where there is no price';
comment on column llmcost_requests.request_model is 'model asked for';
comment on column llmcost_requests.response_model is 'model that answered';
comment on column llmcost_requests.operation is 'chat, embeddings, rerank, image, speech, ...';
comment on column llmcost_requests.service_tier is 'priority, flex, ...';
comment on column llmcost_requests.processing is 'standard or batch; null is standard';
comment on column llmcost_requests.speed is 'fast, where a provider sells it';
comment on column llmcost_requests.inference_region is 'where the provider was made to compute';
comment on column llmcost_requests.unit_size is 'size of the unit billed: a search context of low, an image of 1024x1024 high';
comment on column llmcost_requests.status is 'ok, error, blocked, cancelled or incomplete';
comment on column llmcost_requests.http_status is 'HTTP status of the answer';
comment on column llmcost_requests.error_type is 'kind of error';
comment on column llmcost_requests.latency_ms is 'milliseconds until the answer was complete';
comment on column llmcost_requests.time_to_first_token_ms is 'milliseconds until it began';
comment on column llmcost_requests.attempt is '1 for the first attempt, 2 for its first repetition, ...';
comment on column llmcost_requests.gateway_cached is 'whether a gateway answered from its own cache; such a call is free';
comment on column llmcost_requests.stream is 'whether the answer was streamed';
comment on column llmcost_requests.temperature is 'sampling temperature asked for';
comment on column llmcost_requests.max_output_tokens is 'most output tokens allowed';
comment on column llmcost_requests.customer_id is 'customer the call was made for';
comment on column llmcost_requests.user_id is 'user the call was made for';
comment on column llmcost_requests.team is 'team';
comment on column llmcost_requests.feature is 'product feature';
comment on column llmcost_requests.environment is 'production, staging, ...';
comment on column llmcost_requests.business_unit is 'business unit or cost centre';
comment on column llmcost_requests.endpoint is 'the caller''s own route';
comment on column llmcost_requests.plan is 'plan of the customer';
comment on column llmcost_requests.workflow is 'workflow';
comment on column llmcost_requests.prompt_name is 'name of the prompt';
comment on column llmcost_requests.prompt_version is 'version of the prompt';
comment on column llmcost_requests.api_key_id is 'id of the API key, never the key';
comment on column llmcost_requests.virtual_account is 'virtual account of the gateway';
comment on column llmcost_requests.project is 'project at the provider';
comment on column llmcost_requests.session_id is 'session or conversation';
comment on column llmcost_requests.trace_id is 'trace';
comment on column llmcost_requests.parent_id is 'span the call was made in';
comment on column llmcost_requests.prompt_hash is 'salted hash of the prompt';
comment on column llmcost_requests.tags is 'every tag as a JSON object of text, null without any';
comment on column llmcost_requests.usage_origin is 'who counted the usage: billed, tokenizer, estimate or unknown';
comment on column llmcost_requests.requests is '1 for a call, 0 for a further part of one: its sum counts calls';
comment on column llmcost_requests.input_tokens is 'all input tokens: caches, audio and images included';
comment on column llmcost_requests.output_tokens is 'all output tokens: reasoning, audio and images included';
comment on column llmcost_requests.uncached_input_tokens is 'text input neither read from nor written to a cache; priced as input';
comment on column llmcost_requests.cache_read_tokens is 'text input read from a cache; priced as cache_read';
comment on column llmcost_requests.cache_write_5m_tokens is 'input written to a cache for minutes; priced as cache_write_5m';
comment on column llmcost_requests.cache_write_1h_tokens is 'input written to a cache for an hour; priced as cache_write_1h';
comment on column llmcost_requests.input_audio_tokens is 'audio input; priced as input_audio';
comment on column llmcost_requests.cache_read_audio_tokens is 'audio input read from a cache; priced as cache_read_audio';
comment on column llmcost_requests.input_image_tokens is 'image input; priced as input_image';
comment on column llmcost_requests.citation_tokens is 'what the provider''s own search read, no part of the input; priced as citation';
comment on column llmcost_requests.output_text_tokens is 'text output without reasoning; priced as output';
comment on column llmcost_requests.reasoning_tokens is 'reasoning output; priced as reasoning';
comment on column llmcost_requests.output_audio_tokens is 'audio output; priced as output_audio';
comment on column llmcost_requests.output_image_tokens is 'image output; priced as output_image';
comment on column llmcost_requests.web_searches is 'web searches; priced as web_search';
comment on column llmcost_requests.file_searches is 'file searches; priced as file_search';
comment on column llmcost_requests.map_searches is 'answers grounded in maps; priced as map_search';
comment on column llmcost_requests.rerank_searches is 'searches reranked; priced as rerank_search';
comment on column llmcost_requests.code_sessions is 'containers that ran code; priced as code_session';
comment on column llmcost_requests.images is 'images made; priced as image';
comment on column llmcost_requests.pages is 'pages read; priced as page';
comment on column llmcost_requests.characters is 'characters spoken; priced as character';
comment on column llmcost_requests.audio_seconds is 'seconds of audio; priced as audio_hour';
comment on column llmcost_requests.video_seconds is 'seconds of video; priced as video_second';
comment on column llmcost_requests.input_cost is 'cost of input and citations';
comment on column llmcost_requests.cache_read_cost is 'cost of text read from a cache';
comment on column llmcost_requests.cache_write_cost is 'cost of writing to a cache, for minutes and for an hour';
comment on column llmcost_requests.output_cost is 'cost of text output';
comment on column llmcost_requests.reasoning_cost is 'cost of reasoning';
comment on column llmcost_requests.audio_cost is 'cost of audio tokens: input, output and read from a cache';
comment on column llmcost_requests.image_cost is 'cost of image tokens: input and output';
comment on column llmcost_requests.unit_cost is 'cost of everything counted otherwise, and the fee of a request';
comment on column llmcost_requests.cost is 'what the call cost, the sum of the eight before; null where its price is unknown';
comment on column llmcost_requests.currency is 'currency of cost and its parts, list_value and billed_cost';
comment on column llmcost_requests.cost_status is 'billed, priced, estimated, free or unpriced';
comment on column llmcost_requests.cost_reason is 'why it is estimated, free or unpriced';
comment on column llmcost_requests.charge_basis is 'metered or subscription; a subscription''s calls cost 0';
comment on column llmcost_requests.list_value is 'list price of a call that cost something else; never part of cost';
comment on column llmcost_requests.price_id is 'price the call was rated at; with price_list, the key of the price sheet';
comment on column llmcost_requests.price_list is 'hash of the price list it was rated with';
comment on column llmcost_requests.match_kind is 'how the model''s price was found';
comment on column llmcost_requests.billed_cost is 'amount the provider itself returned';
comment on column llmcost_requests.reported_cost is 'amount the log claimed, in reported_currency';
comment on column llmcost_requests.reported_currency is 'currency of reported_cost; null is USD';
comment on column llmcost_requests.reported_by is 'who claimed reported_cost';

-- Copy the folder that `llmcost export requests --columns requests_v1 --partition day --output lake/` wrote to a bucket.
-- Columns are matched by their order, which is that of the export. A day that is exported again replaces what was loaded.
begin;
delete from llmcost_requests
where trunc(started_at) between '2026-11-01' and '2026-11-30';
copy llmcost_requests
from 's3://YOUR-BUCKET/lake/day=2026-11-'
iam_role default
format as parquet;
commit;
