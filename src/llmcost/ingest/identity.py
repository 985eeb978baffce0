"""Keys for records without a good id, and how sightings of one call become one row.

A record whose content holds something near-unique (a fraction of a second, a trace, a latency) is the same call wherever
it is met again. Otherwise equal records of one file are told apart by their ordinal among equals, and across files the
largest count wins; those rows are counted as ambiguous.
"""

from collections.abc import Mapping, Sequence

from llmcost.domain.request import COLUMNS, KEYED_WHO, LATER, LEAF_TOKENS, WHO, Column
from llmcost.ledger.identifiers import json_pointer, quote_literal
from llmcost.pricing.rating import claimed_bill

# Rating fills in a provider the log does not state, and an export carries it.
_NOT_CONTENT = {"provider", "source", "time_origin", "usage_origin", "tags", "started_at", *WHO, *LATER}

# What a source states beside its tags tells calls apart; what the tags say as well is in them, and an export repeats it.
_STATED_WHO = """nullif(list_filter(string_split(stated_who, chr(31)), lambda who: not coalesce(list_contains(
    json_extract_string(tags, '$.*'), substr(who, strpos(who, '=') + 1)), false))::varchar, '[]')"""

_CONTENT = ", ".join(
    [
        "case when time_origin = 'log' then started_at::varchar end",
        "canonical_tags(tags)",
        *KEYED_WHO,
        _STATED_WHO,
        *(f"{column.name}::varchar" for column in COLUMNS if column.name not in _NOT_CONTENT),
    ]
)

# Named, and left out where null, so that a record that says nothing of them has the key it always had.
_LATER = ", ".join(f"'{name}=' || {name}::varchar" for name in LATER)

KEY_CONTENT = f"""
create or replace temp table content_key as
select
    stage_table,
    stage_row,
    file_no,
    case when near_unique then 1 else row_number() over (partition by file_no, near_unique, content order by stage_table, stage_row) end as twin,
    md5(concat_ws(chr(31), 'c', content, twin::varchar))::uuid as row_key
from (
    select stage_table, stage_row, file_no, near_unique, md5(to_json(list_concat([{_CONTENT}], list_filter([{_LATER}], lambda one: one is not null)))::varchar) as content
    from staged where row_key is null
)
"""
"""Keys of the staged rows that have none yet."""

_TOTAL = " + ".join(f"coalesce({name}, 0)" for name in LEAF_TOKENS)
_ORIGIN_RANK = "case usage_origin when 'billed' then 3 when 'tokenizer' then 2 when 'estimate' then 1 else 0 end"
_USAGE = tuple(column for column in COLUMNS if column.merge == "usage")
_USAGE_STRUCT = "{" + ", ".join(f"'{column.name}': {column.name}" for column in _USAGE) + "}"

_CLAIM = tuple(column.name for column in COLUMNS if column.merge == "claim")
# One by one, so that what merging makes of several is one of them.
_OF_CLAIM = {
    "reported_cost": "case when max(claim).known then max(claim).amount end",
    "reported_currency": "nullif(max(claim).currency, '')",
    "reported_by": "nullif(max(claim).reporter, '')",
}

REATTRIBUTED = tuple(name for name in WHO if name not in {"session_id", "api_key_id", "virtual_account", "project"})
"""Columns that only tags fill, so that they can be filled again from the ledger alone."""


def stated(stored: str, name: str, *, alias: bool = True) -> str:
    """SQL: a column of a stored row as the log had it; rating fills in a provider where the log states none."""
    if name != "provider":
        return f"{stored}.{name}"
    return f"{stored}.stated_provider" + (" as provider" if alias else "")


def _claim(row: str) -> str:
    """SQL: what a row claims that it cost, of which the greatest holds."""
    amount, currency, reporter = (f"{row}.{name}" for name in _CLAIM)
    return (
        f"{{'bill': {claimed_bill(row)} is not null, 'known': {amount} is not null, 'amount': coalesce({amount}, 0), "
        f"'currency': coalesce({currency}, ''), 'reporter': coalesce({reporter}, '')}}"
    )


def same_call(staged: str, stored: str) -> str:
    """SQL predicate: the staged sighting adds nothing to the stored row."""
    return " and ".join(_adds_nothing(column, staged, stored) for column in COLUMNS)


def _adds_nothing(column: Column, staged: str, stored: str) -> str:
    new, old = f"{staged}.{column.name}", stated(stored, column.name, alias=False)
    if column.name == "provider":
        # Stored in its standard spelling, which rating has chosen.
        return f"({old} is not null or {new} is null)"
    match column.merge:
        case "usage":
            return f"{new} is not distinct from {old}"
        case "claim" if column.name == _CLAIM[0]:
            nothing = " and ".join(f"{staged}.{name} is null" for name in _CLAIM)
            return f"(({nothing}) or {_claim(staged)} <= {_claim(stored)})"
        case "claim":
            return "true"
        case "any":
            return f"(not coalesce({new}, false) or {old})"
        case "greatest":
            return f"({new} is null or {new} <= {old})"
        case "least" if column.name != "started_at":
            return f"({new} is null or {new} >= {old})"
        case "tags":
            # Unlike OR, CASE leaves alone what the first look has settled.
            return f"case when {new} is null or {new} = {old} then true else canonical_tags({new}) = canonical_tags({old}) end"
        case _:
            return f"({new} is null or {new} = {old})"


def as_stored(name: str, staged: str, stored: str) -> str:
    """SQL predicate: a column of the staged sighting says what the stored row says."""
    match name:
        case "provider":
            # Stored in its standard spelling, which rating has chosen.
            return f"({stored}.stated_provider is null) = ({staged}.provider is null)"
        case "tags":
            return f"canonical_tags({stored}.tags) is not distinct from canonical_tags({staged}.tags)"
        case _:
            return f"{stored}.{name} is not distinct from {staged}.{name}"


def merged_select(relation: str, attribution: Mapping[str, Sequence[str]]) -> str:
    """SELECT of one row per `row_key` of `relation`, whatever the order and number of sightings."""
    columns = []
    for column in COLUMNS:
        name = column.name
        if name == "tags":
            columns.append("any_value(united.tags) as tags")
        elif name == "started_at":
            columns.append("coalesce(min(started_at) filter (time_origin = 'log'), min(started_at)) as started_at")
        elif column.merge == "usage":
            columns.append(f"first(usage order by usage_rank desc).{name} as {name}")
        elif column.merge == "claim":
            columns.append(f"{_OF_CLAIM[name]} as {name}")
        else:
            function = {"least": "min", "greatest": "max", "any": "bool_or"}[column.merge]
            columns.append(f"{function}({name}) as {name}")
    united = f"""
        select row_key, '{{' || string_agg(to_json(key) || ':' || to_json(value), ',' order by key) || '}}' as tags
        from (
            select row_key, key, min(value_of(tags, key)) as value
            from (select row_key, tags, unnest(json_keys(tags)) as key from ({relation}) where tags is not null)
            group by row_key, key
        )
        group by row_key
    """
    merged = f"""
        select sightings.row_key, {", ".join(columns)}, min(file_no) as file_no
        from (
            select * exclude (tags), {_USAGE_STRUCT} as usage, {_claim("sighting_of")} as claim,
                {{'final': final::tinyint, 'origin': {_ORIGIN_RANK}, 'total': {_TOTAL}, 'bytes': {_USAGE_STRUCT}::varchar}} as usage_rank
            from ({relation}) as sighting_of
        ) as sightings
        left join ({united}) as united on united.row_key = sightings.row_key
        group by sightings.row_key
    """
    replaced = []
    for name in REATTRIBUTED:
        pointers = ", ".join(
            f"nullif(json_extract_string(tags, {quote_literal(json_pointer(key))}), '')"
            for key in attribution.get(name, ())
        )
        if pointers:
            replaced.append(f"coalesce({pointers}, {name}) as {name}")
    return f"select * replace ({', '.join(replaced)}) from ({merged})" if replaced else merged


CONFLICTS = f"""
select
    row_key,
    any_value(request_id) as request_id,
    any_value(source) as source,
    min(file_no) filter (file_no is not null) as file_no,
    max({_TOTAL}) as kept_tokens,
    min({_TOTAL}) as other_tokens
from sighting
where final and usage_origin = 'billed' and ({_TOTAL}) > 0
group by row_key
having count(distinct [{", ".join(f"coalesce({name}, 0)" for name in LEAF_TOKENS)}]) > 1
"""
"""Ids whose final records contradict each other; to say nothing of a class of tokens is no contradiction to 0 of them."""

WIDEN_CONFLICTS = """
update ledger.conflict as known
set kept_tokens = greatest(known.kept_tokens, found.kept_tokens), other_tokens = least(known.other_tokens, found.other_tokens)
from found_conflict as found where found.row_key = known.row_key
"""
"""What more sightings say of conflicts that the ledger knows; the same whatever the order in which they come."""

PRICED_BY = (
    "provider",
    "request_model",
    "response_model",
    "processing",
    "service_tier",
    "speed",
    "inference_region",
    "operation",
    "started_at",
    "gateway_cached",
    "charge_basis",
    "billed_cost",
    *(column.name for column in _USAGE if column.name != "final"),
)
"""Columns that decide a row's cost: while they stay, so does the cost."""
