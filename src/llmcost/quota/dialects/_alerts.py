"""Alerts of TrueFoundry budgets: percentages, and who is told how (truefoundry-sdk 0.6.0, `budget_alert.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.dialects._reading import amount_of, scalar
from llmcost.quota.problem import Change, Problem, replaced
from llmcost.quota.shape import Anything, ListOf, Number, Record, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node

_NEEDS = {"email": "to_emails", "slack-bot": "channels", "slack-webhook": "", "pagerduty": "", "ms-teams-webhook": ""}

ALERTS = Record(
    fields={
        "thresholds": ListOf(item=Number(), about="Percent of the budget, 0 to 100."),
        "notification_target": ListOf(
            item=Record(
                fields={
                    "type": Text(),
                    "notification_channel": Text(),
                    "to_emails": ListOf(item=Text()),
                    "channels": ListOf(item=Text()),
                },
                open=True,
            )
        ),
        "notification_targets": Anything(),
    },
    about="Who is told before the budget is spent.",
)


def alert_problems(alerts: Node | None, rule_id: str | None) -> Iterator[Problem]:
    """Thresholds that are no percentages, and targets that reach nobody."""
    if alerts is None or alerts.kind != "mapping":
        return
    thresholds = alerts.get("thresholds")
    if thresholds is not None and thresholds.kind == "sequence":
        yield from _thresholds(thresholds, rule_id)
    targets = alerts.get("notification_target")
    for target in () if targets is None else targets.items:
        if target.kind == "mapping":
            yield from _target(target, rule_id)


def _thresholds(node: Node, rule_id: str | None) -> Iterator[Problem]:
    found = [(item, amount_of(item)) for item in node.items]
    values = [(item, value) for item, value in found if value is not None]
    if values and all(0 < value <= 1 for _, value in values):
        edits = tuple((item.start, item.end, f"{(value * 100).normalize():f}") for item, value in values)
        yield Problem(
            code="QS212",
            at=values[0][0],
            message=f"thresholds are percentages: {values[0][0].text} is {values[0][1]} %, long before anything is spent",
            help=f"write {', '.join(text for _, _, text in edits)}",
            rule_id=rule_id,
            change=Change(title="multiply the thresholds by 100", safe=False, edits=edits),
        )
        return
    before = None
    for item, value in values:
        if not 0 <= value <= 100:
            yield Problem(
                code="QS212", at=item, message=f"threshold {item.text} is no percentage from 0 to 100", rule_id=rule_id
            )
        elif before is not None and value <= before:
            word = "twice" if value == before else "after a larger one"
            yield Problem(
                code="QS212", at=item, message=f"threshold {item.text} stands {word}", help="sort them", rule_id=rule_id
            )
        before = value


def _target(target: Node, rule_id: str | None) -> Iterator[Problem]:
    kind = target.get("type")
    if kind is None or kind.kind != "scalar":
        yield Problem(code="QS211", at=target, message="a notification target without a `type`", rule_id=rule_id)
        return
    if kind.text not in _NEEDS:
        change = replaced(kind, "slack-webhook", "write slack-webhook", safe=False) if kind.text == "slack" else None
        yield Problem(
            code="QS211",
            at=kind,
            message=f"`{kind.text}` is no kind of notification target",
            help=f"one of {', '.join(_NEEDS)}",
            rule_id=rule_id,
            change=change,
        )
        return
    for key in ("notification_channel", _NEEDS[kind.text]):
        node = target.get(key) if key else kind
        if node is None or (not node.texts and scalar(target, key) is None):
            yield Problem(
                code="QS211", at=kind, message=f"a target of type {kind.text} without `{key}` reaches nobody",
                help=f"add `{key}:`", rule_id=rule_id,
            )  # fmt: skip
