"""Alerts for people and machines: what fires, what could not be judged, who was told."""

from collections.abc import Sequence

from llmcost.budgets.alerts.channels import Channel
from llmcost.budgets.alerts.delivery import Delivery
from llmcost.budgets.alerts.judgement import AlertCheck
from llmcost.budgets.alerts.rule import AlertRule
from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.render.alert_words import amount, condition, headline, told
from llmcost.render.alerts_json import check_document, rules_document
from llmcost.render.cells import Grid
from llmcost.render.drawing import wrapped
from llmcost.render.json import dumped
from llmcost.render.markdown import escape
from llmcost.render.page import Fact, Heading, Part, Table, as_markdown, as_text
from llmcost.render.surface import Surface
from llmcost.reports.record import Column

SHOWN = 20
"""Alerts people are shown of one rule."""


def render_check(check: AlertCheck, delivery: Delivery | None, format_name: str, surface: Surface) -> str:
    """A check in that format, ending in a line break."""
    if format_name == "json":
        return dumped(check_document(check, delivery)) + "\n"
    sections = _sections(check, delivery)
    if format_name == "markdown":
        blocks = [f"### {title}\n\n" + "\n".join(f"- {escape(line)}" for line in lines) for title, lines in sections]
        return "\n\n".join([*blocks, escape(_summary(check))]) + "\n"
    blocks = [
        "\n".join([title, *(part for line in lines for part in _lines(line, surface))]) for title, lines in sections
    ]
    text = "\n\n".join([*blocks, *_lines(_summary(check), surface, indent="")]) + "\n"
    if delivery is not None and delivery.dry:
        payloads = [
            f"{printable(one.channel.name)} ({one.channel.type}, {printable(one.channel.address)})\n{dumped(dict(one.payload))}"
            for one in delivery.told
        ]
        text += "".join(f"\n{payload}\n" for payload in payloads)
    return text


def render_rules(
    rules: tuple[AlertRule, ...], channels: Sequence[Channel], currency: str, format_name: str, surface: Surface
) -> str:
    """The rules in force and the channels they go to."""
    if format_name == "json":
        return dumped(rules_document(rules)) + "\n"
    columns = tuple(
        Column(name=name, title=title, kind="text", role="key")
        for name, title in (("rule", "Rule"), ("fires", "Fires at"), ("again", "Again at"), ("to", "To"))
    )
    rows = tuple(
        (
            printable(one.name),
            condition(one, currency) if one.threshold is not None else "not judged: no threshold",
            ", ".join(amount(step, one.kind, currency) for step in one.escalate_at) or "-",
            "all" if one.to is None else ", ".join(map(printable, one.to)) or "none",
        )
        for one in rules
    )
    parts: list[Part] = [
        Table(cells=Grid(columns=columns, headings=tuple(one.title for one in columns), rows=rows, totals=None))
    ]
    parts += [Fact(label=one.type, text=f"{one.name}: {one.address}") for one in channels]
    if not channels:
        parts.append(Heading(text="No channels: alerts are shown and not delivered. Add `channels:` to llmcost.yaml."))
    return as_markdown(tuple(parts)) if format_name == "markdown" else as_text(tuple(parts), surface)


def _sections(check: AlertCheck, delivery: Delivery | None) -> list[tuple[str, list[str]]]:
    sections = []
    firing: list[str] = []
    for one in check.rules:
        firing += [headline(alert, check.currency) for alert in one.firing[:SHOWN]]
        if len(one.firing) > SHOWN:
            firing.append(f"{printable(one.rule.name)}: {len(one.firing) - SHOWN:,} more")
    if firing:
        sections.append(("Firing", firing))
    skipped = [told(one) for one in check.rules if one.reason is not None]
    if skipped:
        sections.append(("Not evaluated", skipped))
    if delivery is not None:
        lines = [_delivered(one.channel, len(one.alerts), one.failure, dry=delivery.dry) for one in delivery.told]
        if delivery.known:
            lines.append(f"{plural(delivery.known, 'alert')} told before, not again")
        if lines:
            sections.append(("Delivery", lines))
    return sections


def _delivered(channel: Channel, alerts: int, failure: str | None, *, dry: bool) -> str:
    text = f"{printable(channel.name)} ({channel.type}): {plural(alerts, 'alert')}"
    if dry:
        return f"{text} would be delivered"
    return f"{text} delivered" if failure is None else f"{text} NOT delivered: {printable(failure)}"


def _summary(check: AlertCheck) -> str:
    counts = {
        "firing": sum(one.status == "firing" for one in check.rules),
        "ok": sum(one.status == "ok" and one.reason is None for one in check.rules),
        "not evaluated": sum(one.status != "firing" and one.reason is not None for one in check.rules),
    }
    words = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return f"{plural(len(check.rules), 'rule')}: {words}. As of {check.now:%Y-%m-%d %H:%M} {check.now.tzinfo}."


def _lines(text: str, surface: Surface, indent: str = "  ") -> list[str]:
    if surface.width is None:
        return [f"{indent}{text}"]
    return [f"{indent}{line}" for line in wrapped(text, max(surface.width - 2 * len(indent), 20), indent)]
