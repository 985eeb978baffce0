"""What is posted or mailed about alerts, per kind of channel. Names from logs are shown in no markup at all.

Slack: blocks of plain text, https://docs.slack.dev/reference/block-kit/blocks. Teams: an Adaptive Card as its workflow
webhooks take them, https://learn.microsoft.com/en-us/connectors/teams/, in text runs, which know no Markdown.
"""

from collections.abc import Sequence
from typing import Any

from llmcost.budgets.alerts.channels import Channel
from llmcost.budgets.alerts.judgement import Alert, AlertCheck
from llmcost.domain.text import plural
from llmcost.render.alert_words import headline
from llmcost.render.alerts_json import alert_document, instant

SHOWN = 10
"""Alerts a message names; it says how many more there are."""
_LONGEST = 500


def payload(channel: Channel, alerts: Sequence[Alert], check: AlertCheck) -> dict[str, Any]:
    """The body for a channel; of mail, the subject and the text."""
    lines = [_cut(headline(alert, check.currency)) for alert in alerts[:SHOWN]]
    if len(alerts) > SHOWN:
        lines.append(f"and {len(alerts) - SHOWN:,} more; `llmcost alerts check` lists them")
    title = f"llmcost: {plural(len(alerts), 'alert')}"
    foot = f"as of {check.now:%Y-%m-%d %H:%M} {check.now.tzinfo}"
    match channel.type:
        case "slack":
            return _slack(title, lines, foot)
        case "teams":
            return _teams(title, lines, foot)
        case "email":
            subject = f"{title}: {alerts[0].rule.name}" + (" and others" if len(alerts) > 1 else "")
            return {"subject": _cut(_one_line(subject)), "text": "\n".join([*lines, "", foot, ""])}
        case _:
            return {
                "schema": "llmcost/alert/1",
                "as_of": instant(check.now),
                "currency": check.currency,
                "alerts": [alert_document(alert, check.currency) for alert in alerts],
            }


def _slack(title: str, lines: Sequence[str], foot: str) -> dict[str, Any]:
    def plain(text: str) -> dict[str, Any]:
        return {"type": "plain_text", "text": text, "emoji": False}

    return {
        "text": _slack_escaped(f"{title}: {lines[0]}"),
        "blocks": [
            {"type": "header", "text": plain(title)},
            *({"type": "section", "text": plain(line)} for line in lines),
            {"type": "context", "elements": [plain(foot)]},
        ],
    }


def _slack_escaped(text: str) -> str:
    """The three characters Slack takes for markup: https://docs.slack.dev/messaging/formatting-message-text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(title: str, lines: Sequence[str], foot: str) -> dict[str, Any]:
    def block(text: str, **style: Any) -> dict[str, Any]:
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}

    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [block(title, weight="bolder", size="large"), *map(block, lines), block(foot, isSubtle=True)],
    }
    return {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        ],
    }


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _one_line(text: str) -> str:
    return " ".join(text.split())
