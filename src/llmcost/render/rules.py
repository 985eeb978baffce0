"""Checks as a list, and one of them as a page."""

from collections.abc import Sequence

from llmcost.domain.finding import Rule
from llmcost.render.json import dumped


def rule_list(rules: Sequence[Rule], format_name: str) -> str:
    """Every check on a line of its own, or as `llmcost/checks/1` where the format is json."""
    if format_name != "json":
        width = max(len(rule.name) for rule in rules)
        return "".join(f"{rule.code}  {rule.name:<{width}}  {_about(rule)}\n" for rule in rules)
    entries = [
        {
            "code": rule.code,
            "name": rule.name,
            "severity": rule.severity,
            "confidence": rule.confidence,
            "title": rule.title,
        }
        for rule in rules
    ]
    return f"{dumped({'schema': 'llmcost/checks/1', 'checks': entries})}\n"


def rule_page(rule: Rule) -> str:
    """What a check is about, why it matters and how to mend it."""
    return f"{rule.code} {rule.name} ({_about(rule)})\n\n{rule.title}.\n\n{rule.text}\n"


def _about(rule: Rule) -> str:
    return rule.severity if rule.confidence == "proved" else f"{rule.severity}, {rule.confidence}"
