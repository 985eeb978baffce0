"""`llmcost quota simulate` as Markdown, for pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.render.markdown import escape
from llmcost.render.numbers import money
from llmcost.render.simulation import avoided, clock, duration, limit_text, share, zone_of
from llmcost.render.visible import UNATTRIBUTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.quota.replay.record import Simulated, Simulation

_SHOWN = 20


def simulation_markdown(document: Simulation) -> str:
    """The document as Markdown."""
    result = document.result
    head = (
        f"**{result.refused:,} of {plural(result.requests, 'request')} ({share(result.refused, result.requests)}) would have been"
        f" refused**, {avoided(result.cost_low, result.cost_high)} of {money(result.cost, 'USD')} not spent."
    )
    parts = [head, _rules(result)]
    if document.before is not None:
        rows = [("Caller", "Before", "Now")] + [
            (UNATTRIBUTED if one.caller is None else one.caller, f"{one.before or 0:,}", f"{one.refused:,}")
            for one in document.changed[:_SHOWN]
        ]
        parts.append(f"Before: {document.before.refused:,} refused. Callers refused more or less often:")
        parts.append(_table(rows, texts=1) if document.changed else "none.")
    elif result.callers:
        rows = [("Caller", "Refused", "Not spent")] + [
            (UNATTRIBUTED if one.caller is None else one.caller, f"{one.refused:,}", money(one.cost, "USD"))
            for one in result.callers[:_SHOWN]
        ]
        parts.append(_table(rows, texts=1))
    lines = [
        *result.headers,
        *(f"{label} was not replayed: it {reason}" for label, reason in result.left_out),
        *result.notes,
    ]
    parts.append("\n".join(f"- {_shown(line)}" for line in lines))
    if document.assertions:
        parts.append(
            "\n".join(
                f"- [{'x' if one.holds else ' '}] {_shown(one.text)}"
                + (f" (not evaluated: {one.missing})" if one.missing else "")
                for one in document.assertions
            )
        )
    return "\n\n".join(part for part in parts if part) + "\n"


def _rules(result: Simulated) -> str:
    zone = zone_of(result.tz)
    rows = [("Rule", "Limit", "First refusal", "Longest closure", "Decides", "Refuses", "%")]
    rows += [
        (
            rule.rule_id,
            limit_text(rule),
            "" if rule.first is None else clock(rule.first, zone),
            "" if rule.longest is None else f"{duration(rule.longest.length)} ({rule.longest.subject})",
            f"{rule.decided:,}",
            f"{rule.refused:,}",
            share(rule.refused, rule.decided),
        )
        for rule in result.rules
    ]
    return _table(rows, texts=4)


def _table(rows: Sequence[tuple[str, ...]], *, texts: int) -> str:
    rules = tuple(":---" if index < texts else "---:" for index in range(len(rows[0])))
    lines = [tuple(map(_shown, rows[0])), rules, *(tuple(map(_shown, row)) for row in rows[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _shown(text: str) -> str:
    return escape(printable(text))
