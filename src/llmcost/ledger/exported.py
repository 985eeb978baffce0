"""What the usage exports in a ledger charge for, day by day: the other side of a comparison with its requests."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.ledger.exports_basis import counted_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CLASSES = {
    "input": ("coalesce(input_cost, 0)", "uncached_input_tokens"),
    "cache_read": ("coalesce(cache_read_cost, 0)", "cache_read_tokens"),
    "cache_write": (
        "coalesce(cache_write_cost, 0)",
        "coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)",
    ),
    "output": (
        "coalesce(output_cost, 0) + coalesce(reasoning_cost, 0)",
        "coalesce(output_text_tokens, 0) + coalesce(reasoning_tokens, 0)",
    ),
    "audio": ("coalesce(audio_cost, 0)", "null"),
    "image": ("coalesce(image_cost, 0)", "null"),
    "units": ("coalesce(unit_cost, 0)", "null"),
}
_WORDS = {
    "openai-costs": "line_item",
    "aws-cur": "usage_type",
    "azure-costs": "meter",
    "gcp-billing": "sku",
    "focus": "sku",
    "anthropic-cost-report": "cost_type",
}
"""Source of a bill -> the tag that has the words of its lines."""
_CASES = " ".join(f"when '{source}' then tags->>'{tag}'" for source, tag in _WORDS.items())
_DESCRIPTION = f"case when coalesce(class, 'units') = 'units' then case source {_CASES} end end"
_SINCE = """
    cast(case when bucket_end - bucket_start between interval 23 hours and interval 25 hours
        then bucket_start + interval 12 hours else bucket_start end as date)
"""
"""SQL: the first day of a bucket. A bucket of one day that begins at a midnight elsewhere is of the day most of it is in."""
_DAYS = (
    f"{_SINCE} as since, case when bucket_end - bucket_start <= interval 25 hours then since + 1 "
    "else cast(bucket_end - interval 1 microsecond as date) + 1 end as until"
)
"""SQL: that day, and the day after the last."""
_RATED = " + ".join(amount for amount, _ in _CLASSES.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedCharge:
    """What one day of one model and token class comes to."""

    since: date
    """First day charged for, as the exporter counts days."""
    until: date
    """The day after the last."""
    source: str
    provider: str | None
    model: str | None
    token_class: str | None
    """None where the export does not tell."""
    description: str | None
    """The bill's own words, where it does not tell or where they are units."""
    quantity: Decimal | None
    amount: Decimal | None
    """None where it has no price, and where a bill states it in another currency."""
    currency: str | None
    """What a provider's bill states it in that the ledger has no amount of."""
    claimed: Decimal | None
    """What it states."""
    billed: bool
    """Whether the amount is a bill's; else it is what the price list makes of the exported usage."""


def billed_days(connection: "DuckDBPyConnection") -> dict[str, set[date]]:
    """By provider, the days of which a bill that counts tells, as the exporter counts days."""
    found: dict[str, set[date]] = {}
    for provider, day in connection.execute(
        f"""
        select distinct provider, cast(unnest(range(since, until, interval 1 day)) as date)
        from (select *, {_DAYS} from {counted_table(connection)})
        where cost_status = 'billed' and cost is not null and provider is not null
        """
    ).fetchall():
        found.setdefault(provider, set()).add(day)
    return found


def exported_charges(connection: "DuckDBPyConnection") -> list[ExportedCharge]:
    """Everything the buckets that count charge for, by day, provider, model, token class and what else a bill calls it."""
    classes = " union all by name ".join(
        f"select *, '{name}' as class, {amount} as amount, {quantity} as quantity from priced "
        f"where {_RATED} <> 0 and (token_class is null or token_class = '{name}')"
        for name, (amount, quantity) in _CLASSES.items()
    )
    rows = connection.execute(
        f"""
        with counted as (select *, {_DAYS} from {counted_table(connection)}),
        priced as (select * from counted where cost is not null),
        charge as (
            {classes}
            union all by name
            select *, token_class as class, cost as amount, null as quantity from priced where {_RATED} = 0
            union all by name
            select *, null as class, null as amount, null as quantity,
                case when exporter = 'provider' then upper(reported_currency) end as currency
            from counted where cost_status = 'unpriced'
        )
        select since, until, source, provider, model, class, {_DESCRIPTION} as description, sum(quantity), sum(amount), bool_and(cost_status = 'billed'),
            currency, sum(reported_cost)
        from charge
        where amount is null or amount <> 0 or quantity <> 0
        group by since, until, source, provider, model, class, description, cost_status, currency
        order by all
        """
    ).fetchall()
    return [
        ExportedCharge(
            since=row[0],
            until=row[1],
            source=row[2],
            provider=row[3],
            model=row[4],
            token_class=row[5],
            description=row[6],
            quantity=None if row[7] is None else Decimal(row[7]),
            amount=row[8],
            billed=row[9],
            currency=row[10],
            claimed=row[11],
        )
        for row in rows
    ]
