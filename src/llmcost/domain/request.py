"""The columns a source may fill: what they hold, and how two sightings of one call become one row.

Merging must not depend on the order of arrival, so every column has a rule that is associative, commutative and
idempotent. The `usage` columns travel together, from the sighting that knows most: a final record over a streamed
partial, a billed count over an estimate, then the larger total, then byte order. So do the columns of a `claim` of cost,
from one sighting: a claim that is taken for the bill over another, then the larger amount, then byte order.
"""

from dataclasses import dataclass
from typing import Literal

Merge = Literal["usage", "claim", "least", "greatest", "any", "all", "tags"]
"""`least`/`greatest`: non-null, then the smaller/larger value. `any`/`all`: logical or/and. `tags`: key by key, least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a usage record."""

    name: str
    sql_type: str
    merge: Merge = "least"
    default: str | None = None
    """SQL literal for records that say nothing."""


def _columns(merge: Merge, sql_type: str, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name=name, sql_type=sql_type, merge=merge) for name in names)


LEAF_TOKENS = (
    "uncached_input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_text_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "cache_read_audio_tokens",
    "input_image_tokens",
    "output_image_tokens",
)
"""Disjoint token quantities; their sum is the source's own total."""

LEAF_UNITS = (
    "web_searches",
    "rerank_searches",
    "images",
    "audio_seconds",
    "characters",
    "pages",
    "video_seconds",
    "file_searches",
    "code_sessions",
    "map_searches",
    "citation_tokens",
)
"""Quantities that are no part of the source's total of tokens."""

QUANTITIES = (*LEAF_TOKENS, *LEAF_UNITS)

WHO = (
    "customer_id",
    "user_id",
    "team",
    "feature",
    "environment",
    "business_unit",
    "endpoint",
    "plan",
    "workflow",
    "prompt_name",
    "prompt_version",
    "api_key_id",
    "virtual_account",
    "project",
    "session_id",
)
"""Columns filled from tags by the attribution rules, unless the source fills them itself."""

OWNERS = ("customer_id", "user_id", "team", "business_unit")
"""Columns of which any says whose a request is; one with none of them is nobody's."""

KEYED_WHO = ("session_id", "api_key_id")
"""Those that are part of what a call is, wherever they come from."""

COLUMNS: tuple[Column, ...] = (
    Column(name="request_id", sql_type="varchar"),
    Column(name="part", sql_type="integer", default="0"),
    Column(name="source", sql_type="varchar"),
    Column(name="issuer", sql_type="varchar"),
    Column(name="started_at", sql_type="timestamp"),
    Column(name="ended_at", sql_type="timestamp", merge="greatest"),
    Column(name="time_origin", sql_type="varchar", merge="greatest", default="'log'"),
    Column(name="final", sql_type="boolean", merge="usage", default="true"),
    *_columns("least", "varchar", "provider", "request_model", "response_model"),
    Column(name="operation", sql_type="varchar", default="'chat'"),
    *_columns("least", "varchar", "service_tier", "processing", "speed", "inference_region"),
    Column(name="status", sql_type="varchar", merge="usage", default="'ok'"),
    Column(name="http_status", sql_type="integer", merge="greatest"),
    Column(name="error_type", sql_type="varchar"),
    *_columns("greatest", "double", "latency_ms", "time_to_first_token_ms"),
    Column(name="attempt", sql_type="integer", merge="greatest"),
    Column(name="gateway_cached", sql_type="boolean", merge="any", default="false"),
    Column(name="temperature", sql_type="double"),
    Column(name="max_output_tokens", sql_type="bigint"),
    Column(name="stream", sql_type="boolean", merge="any"),
    *_columns("least", "varchar", *WHO, "trace_id", "parent_id"),
    Column(name="tags", sql_type="varchar", merge="tags"),
    Column(name="prompt_hash", sql_type="varchar"),
    *_columns("usage", "bigint", *LEAF_TOKENS),
    *_columns("usage", "bigint", "web_searches", "rerank_searches", "images"),
    Column(name="audio_seconds", sql_type="decimal(18, 6)", merge="usage"),
    *_columns("usage", "bigint", "characters", "pages"),
    Column(name="usage_origin", sql_type="varchar", merge="usage"),
    Column(name="charge_basis", sql_type="varchar", default="'metered'"),
    Column(name="billed_cost", sql_type="decimal(18, 12)", merge="greatest"),
    Column(name="reported_cost", sql_type="decimal(18, 12)", merge="claim"),
    *_columns("claim", "varchar", "reported_currency", "reported_by"),
    Column(name="video_seconds", sql_type="decimal(18, 6)", merge="usage"),
    *_columns("usage", "bigint", "file_searches", "code_sessions", "map_searches", "citation_tokens"),
    Column(name="unit_size", sql_type="varchar", merge="usage"),
)
"""Every column a source may fill, in ledger order."""

LATER = (
    "video_seconds",
    "file_searches",
    "code_sessions",
    "map_searches",
    "citation_tokens",
    "unit_size",
)
"""Columns that the first ledgers do not have: a call without them keeps the key it had before they came."""

ID_KEY = "md5('id' || chr(31) || issuer || chr(31) || request_id || case when part > 0 then chr(31) || part else '' end)::uuid"
"""SQL: the key of a record with a good id."""

COLUMN = {column.name: column for column in COLUMNS}
