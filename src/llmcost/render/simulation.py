"""`llmcost quota simulate` for people: a line per limit, then what those did that refused anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.render.numbers import human, money
from llmcost.render.quota_text import columns, limit_words, wrapped
from llmcost.render.strip import strip
from llmcost.render.visible import UNATTRIBUTED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from llmcost.quota.replay.exposure import Exposure
    from llmcost.quota.replay.record import Assertion, Breach, CallerResult, RuleResult, Simulated, Simulation

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = 10
_DETAILED = 12


def simulation(document: Simulation, across: int | None, *, unicode: bool = True) -> str:
    """The document as text for a terminal of so many columns; None for a pipe."""
    result = document.result
    wide = across or 100
    parts = [_head(result, wide), columns(_rules(result), wide, texts=2) if result.rules else ""]
    refusing = [rule for rule in result.rules if rule.refused]
    parts += [_rule(rule, result, wide, unicode=unicode) for rule in refusing[:_DETAILED]]
    if len(refusing) > _DETAILED:
        parts.append(
            f"{plural(len(refusing) - _DETAILED, 'more limit')} would have refused requests; --format json has all."
        )
    if result.callers:
        parts.append(_callers("Who would have been refused", result.callers, compared=False, wide=wide))
    if document.before is not None:
        parts.append(_compared(document, wide))
    parts.append("\n".join(line for text in _footer(result) for line in wrapped(text, wide)))
    if document.assertions:
        parts.append("\n".join(map(_assertion, document.assertions)))
    return "\n\n".join(part for part in parts if part) + "\n"


def _assertion(one: Assertion) -> str:
    if one.missing:
        return f"not evaluated: {printable(one.text)}  ({one.missing})"
    return f"{'ok' if one.holds else 'FAILED':<6} {printable(one.text)}  ({_plain(one.value)})"


def limit_text(rule: RuleResult) -> str:
    """A limit in words: `1,000 requests/day per user`."""
    return limit_words(rule.amount, rule.unit, rule.window, rule.per)


def avoided(low: Decimal, high: Decimal) -> str:
    """What was not spent, as a range."""
    return money(high, "USD") if low == high else f"{money(low, 'USD')} to {money(high, 'USD')}"


def share(part: int, whole: int) -> str:
    """A part in percent."""
    return human(Decimal(part) / whole if whole else Decimal(0), "percent", "USD")


def clock(moment: datetime, zone: tzinfo) -> str:
    """An instant to the minute, in a zone."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def zone_of(name: str) -> tzinfo:
    """The zone a result is told in."""
    return UTC if name == "UTC" else ZoneInfo(name)


def duration(length: timedelta) -> str:
    """Two units of it: `3 d 4 h`, `12 min 5 s`, `80 ms`."""
    seconds = int(length.total_seconds())
    if not seconds:
        return f"{length.microseconds // 1000} ms"
    units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    found: list[tuple[int, str]] = []
    for name, size in units:
        count, seconds = divmod(seconds, size)
        if count or found:
            found.append((count, name))
    return " ".join(f"{count} {name}" for count, name in found[:2] if count)


def _head(result: Simulated, wide: int) -> str:
    lines = list(result.headers)
    lines.append(
        f"{plural(result.requests, 'request')}, {result.limited:,} of them under a limit;"
        f" {result.refused:,} ({share(result.refused, result.requests)}) would have been refused,"
        f" {avoided(result.cost_low, result.cost_high)} of {money(result.cost, 'USD')} not spent."
    )
    return "\n".join(part for line in lines for part in wrapped(line, wide))


def _rules(result: Simulated) -> list[tuple[str, ...]]:
    head = ("Rule", "Limit", "Decides", "Refuses", "%", "p99 use", "Not spent")
    rows: list[tuple[str, ...]] = [head]
    for rule in result.rules:
        use = rule.utilisation(rule.p99)
        refused = f"{rule.refused:,}" if rule.mode != "audit" else f"({rule.refused:,})"
        rows.append(
            (
                printable(rule.rule_id),
                limit_text(rule),
                f"{rule.decided:,}",
                refused,
                share(rule.refused, rule.decided) if rule.decided else "-",
                "-" if use is None or not rule.counters else _use(use),
                money(rule.cost_high, "USD") if rule.refused else "-",
            )
        )
    return rows


def _rule(rule: RuleResult, result: Simulated, wide: int, *, unicode: bool) -> str:
    zone = zone_of(result.tz)
    audit = " (audit: refuses nobody, these are what it would have)" if rule.mode == "audit" else ""
    lines = [f"{printable(rule.rule_id)}: {limit_text(rule)}, {rule.algorithm}{audit}"]
    lines.append(
        f"refuses   {rule.refused:,} of {rule.decided:,} ({share(rule.refused, rule.decided)});"
        f" {plural(rule.refused_subjects, 'subject')} of {rule.counters:,}; {avoided(rule.cost_low, rule.cost_high)} not spent"
    )
    uses = [rule.utilisation(value) for value in (rule.p50, rule.p95, rule.p99, rule.most)]
    if uses[0] is not None:
        texts = [f"{name} {_use(value or 0)}" for name, value in zip(("p50", "p95", "p99", "max"), uses, strict=True)]
        lines.append(f"asked for {'  '.join(texts)} of the limit ({printable(rule.most_subject or '')})")
    if rule.first is not None and rule.worst_hour is not None:
        lines.append(
            f"first     {clock(rule.first, zone)} {result.tz}; worst hour {clock(rule.worst_hour[0], zone)}"
            f" ({rule.worst_hour[1]:,})"
        )
    if rule.longest is not None:
        lines.append(f"closed    {plural(rule.breaches, 'time')}; {_breach(rule.longest, zone)}")
    if rule.exposure is not None and rule.exposure.usual is not None:
        lines.append(
            f"exposes   {_exposed(rule.exposure)} in 30 days, all {plural(rule.counters, 'counter')} at the limit"
        )
    hit = ", ".join(f"{printable(name)} ({count:,})" for name, count in rule.subjects[:3])
    more = f" and {rule.refused_subjects - 3:,} more" if rule.refused_subjects > 3 else ""
    lines.append(f"whom      {hit}{more}")
    if result.first is not None and result.last is not None:
        blocks, step = strip(rule.hours, result.first, result.last, min(wide - 12, 60), unicode=unicode)
        lines.append(f"when      {blocks}")
        lines.append(
            f"          {result.first.astimezone(zone):%Y-%m-%d} to {result.last.astimezone(zone):%Y-%m-%d}, {step} each"
        )
    head, *rest = lines
    folded = [part for line in rest for part in wrapped(line, wide - 2, " " * 10)]
    return "\n".join([*wrapped(head, wide), *(f"  {line}" for line in folded)])


def _breach(breach: Breach, zone: tzinfo) -> str:
    return f"the longest {duration(breach.length)}, from {clock(breach.start, zone)} ({printable(breach.subject)}, {breach.refused:,} refused)"


def _callers(title: str, callers: Sequence[CallerResult], *, compared: bool, wide: int) -> str:
    head = ("Caller", "Before", "Now", "Not spent") if compared else ("Caller", "Refused", "Not spent")
    rows: list[tuple[str, ...]] = [head]
    for one in callers[:_SHOWN]:
        name = UNATTRIBUTED if one.caller is None else printable(one.caller)
        before = (f"{one.before or 0:,}",) if compared else ()
        rows.append((name, *before, f"{one.refused:,}", money(one.cost, "USD")))
    more = f"\n{len(callers) - _SHOWN:,} more." if len(callers) > _SHOWN else ""
    return f"{title}\n{columns(rows, wide, texts=1)}{more}"


def _compared(document: Simulation, wide: int) -> str:
    before, result = document.before, document.result
    if before is None:
        return ""
    head = f"Before: {before.refused:,} refused ({share(before.refused, before.requests)}). Now: {result.refused:,} ({share(result.refused, result.requests)})."
    if not document.changed:
        return f"{head} Nobody is refused more or less often than before."
    newly = sum(1 for one in document.changed if one.refused and not one.before)
    title = f"{head} {plural(newly, 'caller')} newly refused."
    return _callers("\n".join(wrapped(title, wide)), document.changed, compared=True, wide=wide)


def _footer(result: Simulated) -> list[str]:
    used = list(dict.fromkeys(rule.algorithm for rule in result.rules))
    moving = (
        "refused requests move counters of requests too" if result.refused_count else "refused requests move no counter"
    )
    lines = [f"Counted with {', '.join(used)}; {moving}."] if used else []
    if result.others:
        counts = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in result.others)
        lines.append(f"Had windows that slide been counted otherwise, refused in all: {counts}.")
    if result.exposure is not None and result.exposure.usual is not None:
        lines.append(
            f"With every counter at its limit all the time, {_exposed(result.exposure)} could be spent in 30 days: at the average"
            " price of this use, and at that of the dearest request in a hundred."
        )
    if result.other_reading is not None:
        name, count = result.other_reading
        lines.append(f"Read as {name}, {count:,} would have been refused.")
    lines.append(
        "Not spent is a range: the high end if nobody tries again; the low end if every refused request comes back once, a"
        " window later."
        if result.retried
        else "What is not spent supposes that nobody tries again."
    )
    lines.append("Counters start as the requests before the period left them; where the log begins they are empty.")
    lines += [f"{printable(label)} was not replayed: it {printable(reason)}." for label, reason in result.left_out]
    return [*lines, *(f"{note[:1].upper()}{note[1:]}." for note in map(printable, result.notes))]


def _exposed(exposure: Exposure) -> str:
    return avoided(exposure.usual or Decimal(0), exposure.worst or Decimal(0))


def _use(share_of_limit: float) -> str:
    return ">9,999%" if share_of_limit > 99.99 else f"{share_of_limit * 100:,.0f}%"


def _plain(value: Decimal) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".") if value.is_finite() else str(value)
