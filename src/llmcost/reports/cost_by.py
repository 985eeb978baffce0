"""Cost by anything: the group-by report behind `llmcost report`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from operator import itemgetter
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.domain.period import Period, previous_period
from llmcost.ledger import queries
from llmcost.ledger.billing import no_requests
from llmcost.ledger.composition import Basis, Selection
from llmcost.ledger.groups import Group, Number
from llmcost.ledger.keys import Key, nearest_or_all, resolve, tag_keys
from llmcost.ledger.metrics import Metric, metric, metric_names, outcome_names
from llmcost.ledger.suggestion import suggestions
from llmcost.reports.changes import CHANGES, changes_shown, compared
from llmcost.reports.coverage import coverage
from llmcost.reports.outcome_notes import about_outcomes
from llmcost.reports.question import Question, check_rates, selection
from llmcost.reports.record import Column, Report, Row

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_ALWAYS = (
    "cost",
    "requests",
    "unpriced_requests",
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_write_5m_input_tokens",
    "cache_write_1h_input_tokens",
    "reasoning_output_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "input_image_tokens",
    "output_image_tokens",
)
"""What every row carries for machines: with these, a third party can check the cost."""

_SHOWN = ("cost", "share", "requests", "input_tokens", "output_tokens")
_SHOWN_IF_ANY = ("cache_read_input_tokens", "unpriced_requests")


def cost_by(connection: "Connection", question: Question) -> Report:
    """Group the selected requests and add them up; rows sum exactly to the totals, which is the one row without keys."""
    keys = [resolve(connection, name) for name in dict.fromkeys(question.by)]
    if question.compare:
        _check_comparable(keys, question.period)
        # A tag may be called like a column of the comparison, as one may like a metric.
        taken = {column.name for column in CHANGES}
        keys = [replace(key, name=f"tags.{key.name}") if key.name in taken else key for key in keys]
    metrics = _metrics(question.metrics, keys)
    chosen = selection(connection, question)
    check_rates(connection, chosen)
    facts, totals = queries.facts_and_totals(connection, chosen, keys[0] if keys else None, metrics)
    top = None if question.top is None or not keys else queries.rank(connection, chosen, keys, question.top)
    limit = None if question.compare else question.limit
    groups, row_count = [_total(totals)], 1
    if keys:
        groups, row_count = queries.grouped(connection, chosen, keys, metrics, total=totals, top=top, limit=limit)
    columns = _columns(keys, metrics)
    shown = _shown(question.metrics, keys, totals)
    earlier, earlier_coverage, doubt = None, None, None
    if question.compare:
        earlier = previous_period(question.period, question.zone)
        before = replace(chosen, period=earlier)
        unknown = _unknown(connection, before)
        doubt = unknown or _begun(connection, before)
        earlier_groups, earlier_whole = None, None
        if unknown is None:
            check_rates(connection, before)
            first = keys[0] if keys else None
            earlier_facts, earlier_totals = queries.facts_and_totals(connection, before, first, metrics)
            earlier_coverage = coverage(connection, before, earlier_facts)
            earlier_groups, _ = queries.grouped(connection, before, keys, metrics, total=earlier_totals, top=top)
            earlier_whole = [_total(earlier_totals)]
        groups = compared(groups, earlier_groups, metrics)
        totals = compared([_total(totals)], earlier_whole, metrics)[0].values
        columns += CHANGES
        shown += changes_shown(totals)
        row_count = len(groups)
        groups = groups[: question.limit]
    return Report(
        title=f"Cost by {', '.join(key.title.lower() for key in keys)}" if keys else "Total",
        by=tuple(key.name for key in keys),
        columns=columns,
        shown=shown,
        rows=_rows(groups, columns[len(keys) :]),
        row_count=row_count,
        totals=_rows([_total(totals, len(keys))], columns[len(keys) :])[0].cells,
        basis=chosen.basis,
        period=bounds(question.period, question.zone, facts),
        previous=earlier,
        previous_coverage=earlier_coverage,
        zone=question.zone,
        currency=question.currency,
        rates=()
        if chosen.conversion is None or facts.first is None or facts.last is None
        else chosen.conversion.used(facts.first, facts.last),
        price_lists=queries.price_lists(connection, facts.ingest_ids),
        coverage=coverage(connection, chosen, facts),
        notes=(
            *_notes(connection, keys, groups, facts, chosen),
            *(() if doubt is None else (doubt,)),
            *(_untold(question.metrics, totals) if chosen.basis == "exports" and facts.rows else ()),
            *about_outcomes(connection, chosen, keys, metrics, facts),
        ),
    )


def _metrics(asked: Sequence[str], keys: Sequence[Key]) -> list[Metric]:
    """The metrics to compute: what every row carries, then what was asked for."""
    for name in asked:
        if name not in metric_names():
            raise UsageError(f"there is no metric {name!r}", hint=nearest_or_all(name, list(metric_names()), "metrics"))
    usual = () if asked or not keys else ("share",)
    return [metric(name) for name in dict.fromkeys([*_ALWAYS, *usual, *asked])]


def _check_comparable(keys: Sequence[Key], period: Period) -> None:
    if period.since is None or period.until is None:
        raise UsageError(
            "--compare previous needs a period with both ends", hint="name one with --period, or --since and --until"
        )
    grain = next((key for key in keys if key.grain), None)
    if grain is not None:
        raise UsageError(
            f"--compare previous cannot go with --by {grain.name}: no {grain.name} is in both periods",
            hint=f"leave {grain.name} out, or report both periods with --since",
        )


def _unknown(connection: "Connection", before: Selection) -> str | None:
    """Why nothing is known of the period before; None where the ledger was kept then, though nothing may have been called."""

    def has(basis: Basis, period: Period) -> bool:
        if basis == "requests":
            return queries.has_requests(connection, period)
        return queries.has_exports(connection, period, before.zone)

    if has(before.basis, before.period):
        return None
    other: Basis = "exports" if before.basis == "requests" else "requests"
    if has(other, before.period):
        return f"the period before has only {other}, which are not compared with {before.basis}: --basis chooses one of both"
    if has(before.basis, Period(until=before.period.until)):
        return None
    return f"the ledger has no {before.basis} as old as the period before: what it cost is not known"


def _begun(connection: "Connection", before: Selection) -> str | None:
    """That the period before is older than the ledger, of which something may be missing then; None where it is not."""
    everything = replace(before, period=Period(), conditions=(), conversion=None)
    first = queries.first_start(connection, everything)
    if first is None or before.period.since is None:
        return None
    day = first.replace(tzinfo=UTC).astimezone(before.zone).date()
    if day <= before.period.since.astimezone(before.zone).date():
        return None
    return f"the ledger begins on {day}, amid the period before: what was spent until then is not known"


def _total(values: dict[str, Number | None], width: int = 0) -> Group:
    return Group(keys=(None,) * width, other=False, values=values)


def _columns(keys: Sequence[Key], metrics: Sequence[Metric]) -> tuple[Column, ...]:
    return (
        *(Column(name=key.name, title=key.title, kind=key.kind, role="key") for key in keys),
        *(Column(name=item.name, title=item.title, kind=item.kind, role="metric") for item in metrics),
    )


def _shown(asked: Sequence[str], keys: Sequence[Key], totals: dict[str, Number | None]) -> tuple[str, ...]:
    """What was asked for, or the usual; unpriced requests whenever there are any."""
    usual = [name for name in _SHOWN if name != "share" or keys]
    names = [*(asked or usual), *(name for name in (_SHOWN_IF_ANY[1:] if asked else _SHOWN_IF_ANY) if totals[name])]
    return (*(key.name for key in keys), *dict.fromkeys(names))


def _rows(groups: Sequence[Group], metrics: Sequence[Column]) -> tuple[Row, ...]:
    values = itemgetter(*(column.name for column in metrics))
    return tuple(Row(cells=(*group.keys, *values(group.values)), other=group.other) for group in groups)


def bounds(period: Period, zone: tzinfo, facts: queries.Facts) -> Period:
    """The period asked for; open ends become the midnights around the requests found."""
    since, until = period.since, period.until
    if since is None and facts.first is not None:
        since = _midnight(facts.first, zone, days=0)
    if until is None and facts.last is not None:
        until = _midnight(facts.last, zone, days=1)
    return Period(since=since, until=until)


def _midnight(instant: datetime, zone: tzinfo, *, days: int) -> datetime:
    local = instant.replace(tzinfo=UTC).astimezone(zone).date()
    return datetime.combine(local + timedelta(days=days), time(), tzinfo=zone).astimezone(UTC)


def _notes(
    connection: "Connection", keys: Sequence[Key], groups: Sequence[Group], facts: queries.Facts, chosen: Selection
) -> tuple[str, ...]:
    """What to say about keys that no selected request has a value for."""
    if not facts.rows:
        if not chosen.conditions:
            return (no_requests(connection, chosen.zone),)
        return ("no request in this period matches every --where", *suggestions(connection, chosen))
    empty = [
        key.name
        for index, key in enumerate(keys)
        if all(group.keys[index] is None for group in groups) and not any(group.other for group in groups)
    ]
    if not empty:
        return ()
    tags = tag_keys(connection)
    there = f"the tags in this ledger are {', '.join(tags)}" if tags else "this ledger has no tags"
    return tuple(f"no request here has a value for {name}; {there}" for name in empty)


def _untold(asked: Sequence[str], totals: Mapping[str, Number | None]) -> tuple[str, ...]:
    """What to say of metrics that no sum of calls can answer, such as a latency."""
    names = [
        name
        for name in asked
        if totals[name] is None and name not in {"cost", "share"} and not outcome_names([metric(name)])
    ]
    return (f"the exports do not tell {', '.join(names)}",) if names else ()
