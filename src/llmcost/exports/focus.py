"""FOCUS 1.2 charges (https://focus.finops.org/focus-specification/v1-2/): one row for each token class, day and group.

`BilledCost` and `EffectiveCost` are the ledger's cost, to the last digit. `ListCost` and `ContractedCost` are unit price
times pricing quantity, exactly. What has no price (a bill of the provider's own, a price that is not in the ledger any
more) is charged as the amount it is: so many dollars at a price of 1. Free, unpriced and subscription calls are no charges.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from llmcost.domain.errors import UsageError
from llmcost.domain.fx import BASE
from llmcost.exports.focus_tables import write_beside, write_prices
from llmcost.exports.naming import issuer_sql, publisher_sql, service_sql
from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.identifiers import quote_literal
from llmcost.ledger.keys import resolve
from llmcost.pricing.charges import Charge
from llmcost.pricing.price_sheet import price_sheet
from llmcost.pricing.units import COMPONENTS, GAPS, QUANTITIES

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

Grain = Literal["hour", "day"]
GRAINS: tuple[Grain, ...] = get_args(Grain)

TAGS = ("customer_id", "team", "feature", "environment", "business_unit")
"""The dimensions that become tags unless others are asked for."""

_SQL = Path(__file__).with_name("focus.sql")
_BATCH = 5_000
_UNITS = {
    "web_search": "Searches",
    "rerank_search": "Searches",
    "file_search": "Searches",
    "map_search": "Searches",
    "image": "Images",
    "page": "Pages",
    "character": "Characters",
    "audio_hour": "Seconds",
    "video_second": "Seconds",
    "code_session": "Sessions",
    "request": "Requests",
    "usage": "Requests",
}
"""Unit -> what is counted, where it is not tokens."""
_METERS = {unit: word if unit in _UNITS else f"{word} tokens" for unit, word in GAPS.items()} | {"usage": "usage"}
_TOKENS = (
    *("uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"),
    *("input_audio_tokens", "cache_read_audio_tokens", "input_image_tokens", "output_text_tokens", "reasoning_tokens"),
    *("output_audio_tokens", "output_image_tokens"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How requests become charges."""

    grain: Grain = "day"
    """The period of a charge, UTC."""
    tags: tuple[str, ...] = TAGS
    """Dimensions and tags that stay apart and become `Tags`."""
    account: str | None = None
    """The billing account; None: an account with each provider, called as the provider is."""
    beside: tuple[Charge, ...] = ()
    """What is charged beside the calls: capacity, and units given away."""


def charges(
    connection: "Connection", selection: Selection, layout: Layout
) -> tuple[list[str], Iterator[tuple[object, ...]]]:
    """The columns and the rows, in order: names as FOCUS spells them; amounts are Decimal, instants naive UTC.

    Raises UsageError for a tag there is none of.
    """
    query = Query()
    statement = _statement(connection, query, selection, layout)
    cursor = connection.execute(statement, query.parameters)
    names = [column[0] for column in cursor.description or ()]
    return names, _fetched(cursor)


def write_parquet(connection: "Connection", selection: Selection, layout: Layout, path: Path) -> int:
    """Write the same charges as Parquet; returns how many."""
    query = Query()
    statement = _statement(connection, query, selection, layout)
    found = connection.execute(
        f"copy ({statement}) to {quote_literal(str(path))} (format parquet, compression zstd, use_tmp_file false)",
        query.parameters,
    ).fetchone()
    return int(found[0]) if found else 0


def left_out(connection: "Connection", selection: Selection) -> dict[str, int]:
    """How many requests are no charges, by why: unpriced, free or included in a subscription."""
    query = Query()
    rows = query.rows(connection, replace(selection, conversion=None), [])
    found = connection.execute(
        f"""
        {rows}
        select
            case
                when charge_basis = 'subscription' and cost_status <> 'billed' then 'included in a subscription'
                when cost_status in ('unpriced', 'free') then cost_status
            end                                                             as reason,
            cast(sum(if(cost_status = 'unpriced', unpriced_calls, calls)) as bigint) as requests
        from keyed
        group by all
        having reason is not null and requests > 0
        order by all
        """,
        query.parameters,
    ).fetchall()
    return dict(found)


def _fetched(cursor: "Connection") -> Iterator[tuple[object, ...]]:
    while rows := cursor.fetchmany(_BATCH):
        yield from rows


def _statement(connection: "Connection", query: Query, selection: Selection, layout: Layout) -> str:
    selection = replace(selection, conversion=None)
    keys = [resolve(connection, name) for name in layout.tags]
    account = None if layout.account is None else f"cast({query.bind(layout.account)} as varchar)"
    told = [key.name.removeprefix("tags.") for key in keys]
    for key, name in zip(keys, told, strict=True):
        if key.grain:
            raise UsageError(f"{key.name!r} is a span of time, not a tag", hint="--grain sets the length of a charge")
        if told.count(name) > 1:
            raise UsageError(f"two tags would be called {name!r}", hint="name a dimension or the tag, once")
    sheet = price_sheet(connection, selection)
    write_prices(connection, sheet)
    write_beside(connection, layout.beside)
    minimums = {line.quantity_column for line in sheet if line.minimum}
    names = [f"key_{place}" for place in range(len(keys))]
    ordered = (
        "period_start",
        "provider",
        "model",
        "price_id",
        "price_list",
        "cost_status",
        "inference_region",
        "project",
    )
    entries = ", ".join(
        f"{{'key': {quote_literal(text)}, 'value': cast({name} as varchar)}}"
        for text, name in zip(told, names, strict=True)
    )
    present = f"list_filter([{entries}], lambda entry: entry.value is not null)"
    marks = {
        "grain": quote_literal(layout.grain),
        "length": f"interval 1 {layout.grain}",
        "keys": "".join(f"{name}, " for name in names),
        "quantities": ",\n        ".join(_quantities(minimums)),
        "components": ", ".join(f"sum(coalesce({name}, 0)) as {name}" for name in (*COMPONENTS, "unit_cost")),
        "tokens": " + ".join(f"coalesce(sum({name}), 0)" for name in _TOKENS),
        "order": ", ".join(f"{name} nulls last" for name in (*ordered, *names)),
        "units": ", ".join(_structs()),
        "account": account or "provider",
        "account_name": account or issuer_sql("provider"),
        "currency": quote_literal(BASE),
        "unit_words": _words("unit", _METERS),
        "consumed_unit": _words("unit", {unit: _UNITS.get(unit, "Tokens") for unit in (*GAPS, "usage")}),
        "issuer": issuer_sql("provider"),
        "service": service_sql("provider"),
        "publisher": publisher_sql("provider", "model"),
        "tags": f"case when len({present}) > 0 then cast(to_json(map_from_entries({present})) as varchar) end"
        if keys
        else "cast(null as varchar)",
    }
    rows = query.rows(connection, selection, keys)
    return f"{rows}, {_SQL.read_text(encoding='utf-8').format(**marks)}"


def _quantities(minimums: "set[str | None]") -> Iterator[str]:
    """SQL for what a group used of each unit, and what of it is billed."""
    for unit, column in QUANTITIES.items():
        used = f"coalesce({column}, 0)"
        billed = f"case when {column} > 0 then greatest({column}, coalesce(least_{column}, 0)) else 0 end"
        yield f"cast(sum({used}) as decimal(38, 6)) as used_{unit}"
        yield f"cast(sum({billed if column in minimums else used}) as decimal(38, 12)) as billed_{unit}"


def _structs() -> Iterator[str]:
    components = {unit: component for component, units in COMPONENTS.items() for unit in units}
    for unit in QUANTITIES:
        component = components.get(unit, "unit_cost")
        yield f"{{'unit': '{unit}', 'component': '{component}', 'used': used_{unit}, 'billed': billed_{unit}, 'total': {component}}}"
    used, billed = (f"cast(row_count as decimal(38, {places}))" for places in (6, 12))
    yield f"{{'unit': 'request', 'component': 'unit_cost', 'used': {used}, 'billed': {billed}, 'total': unit_cost}}"


def _words(value: str, words: dict[str, str]) -> str:
    cases = " ".join(f"when {quote_literal(key)} then {quote_literal(word)}" for key, word in words.items())
    return f"case {value} {cases} end"
