"""Business events in the ledger: kept once each, and added up beside requests at the level of a report's keys."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from hashlib import sha256
from itertools import combinations
from typing import TYPE_CHECKING
from uuid import UUID

from llmcost.domain.outcome import Outcome
from llmcost.domain.period import Period
from llmcost.ledger.composition import Query, Selection, Top
from llmcost.ledger.keys import Key
from llmcost.ledger.metrics import metric, metric_names
from llmcost.ledger.redaction import MASK, PRIVATE, SUBJECTS, hidden_with
from llmcost.ledger.tombstones import tombstones

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Sums = Mapping[tuple[tuple[str | None, ...], bool], Decimal]
"""By the keys of a row, and whether it stands for all others."""

_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of outcomes offered to the ledger."""

    new: int = 0
    known: int = 0
    corrected: int = 0
    """Of a day, dimensions and metric that had another value, which is replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """What the ledger holds of one metric by one set of dimensions."""

    metric: str
    dimensions: tuple[str, ...]
    outcomes: int
    first: date
    last: date
    total: Decimal


def keep(connection: "DuckDBPyConnection", outcomes: Sequence[Outcome], ingest_id: int) -> Kept:
    """Write outcomes into the attached ledger; of two for one day, dimensions and metric the later counts."""
    offered: dict[UUID, tuple[Outcome, str]] = {}
    known = corrected = 0
    stones = tombstones(connection)
    for outcome in outcomes:
        named = dict(outcome.dimensions)
        if stones is not None:
            states = {
                subject: stones.state(value, subject)
                for subject in SUBJECTS
                if (value := named.get(f"{subject}_id")) is not None
            }
            if "deleted" in states.values():
                continue
            for subject in (one for one in SUBJECTS if states.get(one) is not None):
                named |= {name: MASK for name in hidden_with(subject) if named.get(name) is not None}
                named |= {name: None for name in PRIVATE if name in named}
        dimensions = json.dumps(named, ensure_ascii=False, separators=(",", ":"))
        key = _key(outcome)
        before = offered.get(key)
        if before is not None:
            known += before[0].value == outcome.value
            corrected += before[0].value != outcome.value
        offered[key] = (outcome, dimensions)
    connection.execute("create or replace temp table offered_outcome as from ledger.outcome limit 0")
    everything = list(offered.items())
    for start in range(0, len(everything), _AT_ONCE):
        part = everything[start : start + _AT_ONCE]
        connection.execute(
            """
            insert into offered_outcome
            select unnest($keys), $ingest_id, cast(unnest($days) as date), unnest($dimensions), unnest($metrics),
                cast(unnest($values) as decimal(18, 6))
            """,
            {
                "keys": [key for key, _ in part],
                "ingest_id": ingest_id,
                "days": [outcome.day.isoformat() for _, (outcome, _) in part],
                "dimensions": [dimensions for _, (_, dimensions) in part],
                "metrics": [outcome.metric for _, (outcome, _) in part],
                "values": [f"{outcome.value:f}" for _, (outcome, _) in part],
            },
        )
    stored, differing = connection.execute(
        """
        select count(*), count(*) filter (stored.value <> offered.value)
        from offered_outcome as offered join ledger.outcome as stored using (outcome_key)
        """
    ).fetchone() or (0, 0)
    connection.execute(
        """
        update ledger.outcome as stored set value = offered.value, ingest_id = offered.ingest_id
        from offered_outcome as offered
        where stored.outcome_key = offered.outcome_key and stored.value <> offered.value
        """
    )
    connection.execute(
        "insert into ledger.outcome by name from offered_outcome anti join ledger.outcome using (outcome_key)"
    )
    connection.execute("drop table offered_outcome")
    return Kept(
        new=len(offered) - stored,
        known=known + stored - differing,
        corrected=corrected + differing,
    )


def breakdowns(connection: "DuckDBPyConnection") -> list[Breakdown]:
    """What the ledger holds, by metric and set of dimensions."""
    rows = connection.execute(
        """
        select metric, list_sort(json_keys(dimensions)) as names, count(*), min(day), max(day), sum(value)
        from outcome
        group by metric, names
        order by metric, count(*) desc, names
        """
    ).fetchall()
    return [
        Breakdown(metric=row[0], dimensions=tuple(row[1]), outcomes=row[2], first=row[3], last=row[4], total=row[5])
        for row in rows
    ]


def overlapping(breakdowns: Sequence[Breakdown]) -> list[str]:
    """The metrics that several sets of dimensions give over some of the same days: all of it adds up."""
    return sorted(
        {
            one.metric
            for one, other in combinations(breakdowns, 2)
            if one.metric == other.metric and one.first <= other.last and other.first <= one.last
        }
    )


def outcome_sums(
    connection: "DuckDBPyConnection",
    selection: Selection,
    keys: Sequence[Key],
    names: Sequence[str],
    top: Top | None = None,
) -> Mapping[str, Sums]:
    """The sums of the outcomes called `names` in the groups by `keys`; a name that cannot be broken down so has none.

    The outcomes are those of the days that begin in the period and meet the selection's conditions.
    """
    found: dict[str, dict[tuple[tuple[str | None, ...], bool], Decimal]] = {}
    for name, lacking in missing_keys(connection, selection, keys, names).items():
        if lacking is None or lacking:
            continue
        query = Query()
        conditions = [(_on_outcomes(key), condition) for key, condition in selection.conditions]
        value = "value"
        if selection.conversion is not None and name in metric_names() and metric(name).kind == "money":
            value = f"value * {selection.conversion.rate('started_at')}"
        columns = [*(_filled(query, _on_outcomes(key)) for key in keys), f"sum({value})"]
        rows = connection.execute(
            f"""
            with outcome_day as ({_days(query, selection, name)})
            select {", ".join(columns)} from outcome_day where {query.meets(conditions)} group by all
            """,
            query.parameters,
        ).fetchall()
        sums: dict[tuple[tuple[str | None, ...], bool], Decimal] = {}
        for *values, amount in rows:
            if amount is not None:
                identity = _place(tuple(values), top)
                sums[identity] = sums.get(identity, Decimal(0)) + amount
        found[name] = sums
    return found


def missing_keys(
    connection: "DuckDBPyConnection", selection: Selection, keys: Sequence[Key], names: Sequence[str]
) -> dict[str, tuple[str, ...] | None]:
    """By name, the keys and conditions its outcomes are not broken down by; None where there is no outcome at all."""
    wanted = [*keys, *(key for key, _ in selection.conditions)]
    found: dict[str, tuple[str, ...] | None] = {}
    for name in names:
        query = Query()
        count, dimensions = connection.execute(
            "select count(*), coalesce(flatten(list(distinct json_keys(dimensions))), []) "
            f"from ({_days(query, selection, name)})",
            query.parameters,
        ).fetchone() or (0, [])
        if not count:
            found[name] = None
            continue
        lacking = [
            key.name for key in wanted if (key.name == "hour" if key.grain else _own_name(key) not in dimensions)
        ]
        found[name] = tuple(dict.fromkeys(lacking))
    return found


def span(connection: "DuckDBPyConnection", selection: Selection, names: Sequence[str]) -> tuple[date, date] | None:
    """The first and the last day of the outcomes of these names in the period; None without any."""
    found: list[date] = []
    for name in names:
        query = Query()
        ends = connection.execute(
            f"select cast(min(local_time) as date), cast(max(local_time) as date) from ({_days(query, selection, name)})",
            query.parameters,
        ).fetchone()
        found += [end for end in ends or () if end is not None]
    return (min(found), max(found)) if found else None


def _days(query: Query, selection: Selection, name: str) -> str:
    """The outcomes of one name in the period, with the columns that keys and rates are computed from."""
    since, until = _first_days(selection.period, selection.zone)
    bounds = [f"metric = {query.bind(name)}"]
    bounds += [f"day >= {query.bind(since)}"] if since is not None else []
    bounds += [f"day < {query.bind(until)}"] if until is not None else []
    return (
        "select dimensions, value, cast(day as timestamp) as local_time, local_time as started_at, "
        f"interval 0 hours as utc_offset from outcome where {' and '.join(bounds)}"
    )


def _first_days(period: Period, zone: tzinfo) -> tuple[date | None, date | None]:
    """The first day that begins at or after each end of the period."""
    since, until = (None if end is None else _next_midnight(end, zone) for end in (period.since, period.until))
    return since, until


def _next_midnight(instant: datetime, zone: tzinfo) -> date:
    local = instant.astimezone(zone)
    begun = datetime.combine(local.date(), time(), tzinfo=zone).astimezone(UTC) < instant
    return local.date() + timedelta(days=1) if begun else local.date()


def _on_outcomes(key: Key) -> Key:
    """The key as one over outcomes, yielding text."""
    if key.grain:
        return replace(
            key, sql=key.text.replace("{key}", key.sql) if key.name != "hour" else "null", text="{key}", grain=False
        )
    pointer = key.pointer or f"/{key.name}"
    return replace(key, sql="json_extract_string(dimensions, {pointer})", pointer=pointer, text="{key}")


def _filled(query: Query, key: Key) -> str:
    return key.sql if key.pointer is None else key.sql.replace("{pointer}", query.bind(key.pointer))


def _own_name(key: Key) -> str:
    """What a dimension or tag is called in outcomes."""
    return key.name if key.pointer is None else key.name.removeprefix("tags.")


def _place(values: tuple[str | None, ...], top: Top | None) -> tuple[tuple[str | None, ...], bool]:
    """The row a group's values belong to."""
    if top is None or not top.kept or tuple(values[index] for index in top.ranked) in top.kept:
        return values, False
    return tuple(None if index in top.ranked else value for index, value in enumerate(values)), True


def _key(outcome: Outcome) -> UUID:
    """What tells an outcome from others: unattributed is like not being there, so that a file with fewer columns corrects it."""
    given = [[name, value] for name, value in outcome.dimensions if value is not None]
    text = json.dumps([outcome.day.isoformat(), outcome.metric, given], ensure_ascii=False)
    return UUID(bytes=sha256(text.encode()).digest()[:16])
