"""The columns of a usage bucket: an aggregate that a provider or gateway counted over a span of time.

A bucket has what a request has as far as sums can say it, `started_at` and `ended_at` for its span, and the columns below.
"""

from dataclasses import replace

from llmcost.domain.request import COLUMNS, QUANTITIES, WHO, Column

BUCKET_MONEY = "decimal(24, 12)"
"""Amounts of aggregates: a line of a bill may be more than the million that a single call stays below."""

_MONEY = {"billed_cost", "reported_cost"}

BUCKET_ONLY: tuple[Column, ...] = (
    Column(name="requests", sql_type="bigint"),
    Column(name="token_class", sql_type="varchar"),
    Column(name="scope", sql_type="varchar"),
    Column(name="exporter", sql_type="varchar", default="'provider'"),
)
"""Columns only buckets have.

`requests`: how many calls it adds up, null where the export does not say. `token_class`: what a line of a bill charges for
(input, cache_read, cache_write, output, audio, image, units). `scope`: which part of the traffic the export is about, where
an exporter has one export for each part. `exporter`: provider, gateway, or gateway-view for one that may count a call twice.
"""

_TOLD = (
    Column(name="statement", sql_type="varchar"),
    Column(name="piece", sql_type="varchar"),
    Column(name="stated_breakdown", sql_type="varchar"),
)
"""How the records of one file go together.

Those of one bucket are lines that add up, but for two `statement`s, such as an API's answers, of which the larger holds. A
statement may be about a `piece` of the export alone, such as a page; pieces add up. `stated_breakdown`: what the export is
broken down by, where it says so itself.
"""

STAGED_COLUMNS: tuple[Column, ...] = (
    *(replace(column, sql_type=BUCKET_MONEY) if column.name in _MONEY else column for column in COLUMNS),
    *BUCKET_ONLY,
    *_TOLD,
)
"""What the record of a bucket is mapped to: the columns of a request, and its own."""

BUCKET_DIMENSIONS = (
    "provider",
    "request_model",
    "response_model",
    "operation",
    "service_tier",
    "processing",
    "speed",
    "inference_region",
    "unit_size",
    "token_class",
    "charge_basis",
    "reported_by",
    *WHO,
)
"""What tells buckets of one span apart, besides their tags."""

BUCKET_SUMS = ("requests", *QUANTITIES, "billed_cost", "reported_cost")
"""What adds up."""

_BUCKETED = {
    "source",
    "issuer",
    *BUCKET_DIMENSIONS,
    "tags",
    *BUCKET_SUMS,
    "scope",
    "exporter",
    "usage_origin",
    "reported_currency",
}

BUCKET_COLUMNS = tuple(column for column in STAGED_COLUMNS if column.name in _BUCKETED)
"""Every column of a bucket that an export fills, in ledger order, but for its span."""
