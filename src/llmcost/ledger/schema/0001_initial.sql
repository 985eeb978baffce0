-- One row per provider call. Quantities are disjoint: their sum is the source's own total.
create table request (
    row_key                   uuid not null,
    request_id                varchar,
    part                      integer not null,      -- 0 the call itself; 1.. sampling passes billed apart inside it
    source                    varchar not null,
    issuer                    varchar not null,      -- who issued request_id
    file_id                   integer,
    ingest_id                 integer not null,
    started_at                timestamp not null,    -- UTC
    ended_at                  timestamp,             -- UTC
    time_origin               varchar not null,      -- log | assumed
    final                     boolean not null,      -- false: a streamed partial
    provider                  varchar,
    stated_provider           varchar,               -- as the log had it; provider is filled in by the price where it is null
    request_model             varchar,
    response_model            varchar,
    model                     varchar,               -- price-list id without provider; unmatched: the logged name
    operation                 varchar not null,
    service_tier              varchar,
    processing                varchar,               -- standard | batch; null is standard
    speed                     varchar,
    inference_region          varchar,
    status                    varchar not null,      -- ok error blocked cancelled incomplete
    http_status               integer,
    error_type                varchar,
    latency_ms                double,
    time_to_first_token_ms    double,
    attempt                   integer,
    gateway_cached            boolean not null,
    temperature               double,
    max_output_tokens         bigint,
    stream                    boolean,
    customer_id               varchar,
    user_id                   varchar,
    team                      varchar,
    feature                   varchar,
    environment               varchar,
    business_unit             varchar,
    endpoint                  varchar,
    plan                      varchar,
    workflow                  varchar,
    prompt_name               varchar,
    prompt_version            varchar,
    api_key_id                varchar,
    virtual_account           varchar,
    project                   varchar,
    session_id                varchar,
    trace_id                  varchar,
    parent_id                 varchar,
    tags                      varchar,               -- JSON object of strings, null when empty
    prompt_hash               varchar,
    -- quantities; null where the source says nothing
    uncached_input_tokens     bigint,                -- text input neither read from nor written to a cache
    cache_read_tokens         bigint,
    cache_write_5m_tokens     bigint,
    cache_write_1h_tokens     bigint,
    output_text_tokens        bigint,                -- output that is not reasoning, audio or image
    reasoning_tokens          bigint,
    input_audio_tokens        bigint,
    output_audio_tokens       bigint,
    cache_read_audio_tokens   bigint,
    input_image_tokens        bigint,
    output_image_tokens       bigint,
    web_searches              bigint,
    rerank_searches           bigint,
    images                    bigint,
    audio_seconds             decimal(18, 6),
    characters                bigint,
    pages                     bigint,
    usage_origin              varchar not null,      -- billed | tokenizer | estimate | unknown
    -- cost in the price list's currency; null where unpriced
    input_cost                decimal(18, 12),
    cache_read_cost           decimal(18, 12),
    cache_write_cost          decimal(18, 12),
    output_cost               decimal(18, 12),
    reasoning_cost            decimal(18, 12),
    audio_cost                decimal(18, 12),
    image_cost                decimal(18, 12),
    unit_cost                 decimal(18, 12),       -- searches, images, seconds, characters, pages, per-request fees
    cost                      decimal(18, 12),
    list_value                decimal(18, 12),       -- subscription rows: what the list price would have been
    cost_status               varchar not null,      -- billed | priced | estimated | free | unpriced
    cost_reason               varchar,               -- why estimated, free or unpriced
    charge_basis              varchar not null,      -- metered | subscription
    price_id                  varchar,
    match_kind                varchar,               -- which matching step found the price
    billed_cost               decimal(18, 12),       -- amount the provider itself returned
    reported_cost             decimal(18, 12),       -- amount a gateway claimed
    reported_currency         varchar,
    reported_by               varchar
);

-- Aggregates from providers and gateways; never added to requests.
create table usage_bucket (
    bucket_key                uuid not null,
    source                    varchar not null,
    file_id                   integer,
    ingest_id                 integer not null,
    bucket_start              timestamp not null,
    bucket_end                timestamp not null,
    provider                  varchar,
    model                     varchar,
    service_tier              varchar,
    processing                varchar,
    project                   varchar,
    api_key_id                varchar,
    user_id                   varchar,
    tags                      varchar,
    requests                  bigint,
    uncached_input_tokens     bigint,
    cache_read_tokens         bigint,
    cache_write_5m_tokens     bigint,
    cache_write_1h_tokens     bigint,
    output_text_tokens        bigint,
    cost                      decimal(18, 12),
    cost_status               varchar not null,
    currency                  varchar
);

-- Business events by day and dimension.
create table outcome (
    outcome_key               uuid not null,
    ingest_id                 integer not null,
    day                       date not null,
    dimensions                varchar not null,
    metric                    varchar not null,
    value                     decimal(18, 6) not null
);

-- What was offered and could not be read. Never prompt text: place, reason and a short hash of the line.
create table reject (
    file_id                   integer not null,
    line                      bigint not null,
    reason                    varchar not null,
    line_hash                 varchar not null,
    source                    varchar
);

-- The same id with contradicting usage.
create table conflict (
    row_key                   uuid not null,
    request_id                varchar,
    source                    varchar not null,
    file_id                   integer not null,
    kept_tokens               bigint,
    other_tokens              bigint
);

-- Every file ever offered: what it looked like when it was last read whole.
create table file (
    file_id                   integer not null,
    path                      varchar not null,
    size                      bigint not null,
    mtime_ns                  bigint not null,
    fingerprint               varchar not null,      -- hash of the first and last bytes
    status                    varchar not null,      -- read | partial | unrecognised
    settings                  varchar not null,      -- what else decided how it was read: --source, --map, --at
    sources                   varchar not null,      -- JSON: source id -> rows
    revisions                 varchar not null,      -- JSON: source id -> revision
    lines                     bigint not null,
    rows                      bigint not null,
    conflicts                 bigint not null,
    rejects                   bigint not null,
    ambiguous                 bigint not null,
    unpriced                  bigint not null,
    ingest_id                 integer not null
);

create table ingest (
    ingest_id                 integer not null,
    started_at                timestamp not null,
    llmcost_version           varchar not null,
    price_list                varchar,
    arguments                 varchar not null
);

-- The price lists rows were rated with.
create table price_list (
    price_list                varchar not null,      -- content hash
    as_of                     date,
    loaded_at                 timestamp not null,
    sources                   varchar not null,
    content                   blob not null          -- zlib-compressed normalised prices
);
