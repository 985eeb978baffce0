"""The outcome of `llmcost check` in every format: budgets, gate, alerts, gateway configs and tags in one document."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmcost.budgets.alerts.findings import findings_of as alert_findings
from llmcost.budgets.alerts.judgement import AlertCheck
from llmcost.budgets.checking import BudgetCheck
from llmcost.domain.errors import ExitCode
from llmcost.domain.finding import Finding, Findings, Place, Rule
from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.render import budget_json, budget_junit, budget_markdown, budget_table, junit
from llmcost.render.alert_words import headline
from llmcost.render.alerts import render_check as render_alerts
from llmcost.render.alerts_json import check_document as alerts_document
from llmcost.render.budget_words import title
from llmcost.render.budgets import BudgetFormat, budget_findings
from llmcost.render.drawing import wrapped
from llmcost.render.findings import render_findings
from llmcost.render.findings_json import document as findings_document
from llmcost.render.findings_markdown import markdown as findings_markdown
from llmcost.render.findings_text import concise
from llmcost.render.findings_text import summary as findings_summary
from llmcost.render.json import dumped
from llmcost.render.markdown import escape
from llmcost.render.surface import Surface

MARKER = "<!-- llmcost:check -->"
_VERDICTS = {0: "passed", 1: "failed", 3: "not evaluated: data is missing", 4: "not evaluated: upstream failed"}
_SKIPPED = Rule(
    code="BG301",
    name="part-not-evaluated",
    severity="warning",
    confidence="needs-data",
    title="A part of the check could not be judged",
    text="Its data could not be read, which is never a pass.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown."""

    budgets: BudgetCheck | None
    alerts: AlertCheck | None
    lint: Findings | None
    tags: Findings | None
    not_evaluated: Sequence[tuple[str, str]]
    """Part and reason."""
    exit_code: int
    file: str
    """The configuration, as CI names it."""


def render_check(shown: Shown, format_name: BudgetFormat, surface: Surface) -> str:
    """The outcome in that format, ending in a line break if there is anything to say."""
    match format_name:
        case "table":
            return _table(shown, surface)
        case "json":
            return dumped(_document(shown)) + "\n"
        case "markdown":
            return _markdown(shown)
        case "junit":
            return _junit(shown)
        case _:
            return render_findings(_merged(shown), format_name, surface)


def _table(shown: Shown, surface: Surface) -> str:
    parts = []
    if shown.budgets is not None:
        parts.append(budget_table.table(shown.budgets, surface).rstrip("\n"))
    if shown.alerts is not None:
        parts.append(f"alerts: {render_alerts(shown.alerts, None, 'table', surface)}".rstrip("\n"))
    if shown.lint is not None:
        parts.append(f"{concise(shown.lint, surface)}quota: {findings_summary(shown.lint)}.")
    if shown.tags is not None:
        parts.append(f"{concise(shown.tags, surface)}tags: {findings_summary(shown.tags)}.")
    skipped = [f"{part} not evaluated: {printable(reason)}" for part, reason in shown.not_evaluated]
    last = [*skipped, f"Check {_verdict(shown)}."]
    parts.append("\n".join(part for line in last for part in _fitted(line, surface)))
    return "\n\n".join(parts) + "\n"


def _verdict(shown: Shown) -> str:
    """What became of it; requests without a price are no missing log."""
    unproven = 0 if shown.budgets is None or shown.not_evaluated else shown.budgets.unproven
    if shown.exit_code == ExitCode.DATA and unproven and (shown.alerts is None or not shown.alerts.exit_code):
        verb = "has" if unproven == 1 else "have"
        return f"not evaluated: {plural(unproven, 'budget')} {verb} more unpriced requests than allowed"
    return _VERDICTS[shown.exit_code]


def _document(shown: Shown) -> dict[str, Any]:
    budgets = {} if shown.budgets is None else budget_json.document(shown.budgets)
    return {
        "schema": "llmcost/check/1",
        "exit_code": shown.exit_code,
        **{key: budgets.get(key) for key in ("as_of", "basis", "data")},
        "budgets": budgets.get("budgets", []),
        "gate": budgets.get("gate", []),
        "alerts": None if shown.alerts is None else alerts_document(shown.alerts, None)["alerts"],
        "quota": None if shown.lint is None else findings_document(shown.lint)["findings"],
        "tags": None if shown.tags is None else findings_document(shown.tags)["findings"],
        "not_evaluated": [{"part": part, "reason": reason} for part, reason in _wanting(shown)],
    }


def _wanting(shown: Shown) -> Sequence[tuple[str, str]]:
    """Whatever could not be judged for want of data: whole parts, then budgets, conditions and rules."""
    budgets, alerts = shown.budgets, shown.alerts
    found = [*shown.not_evaluated]
    if budgets is not None:
        found += [(f"budget {title(one)}", one.reason or "") for one in budgets.standings if one.missing]
        found += [(f"gate {one.name}", one.message) for one in budgets.gates if one.missing]
    if alerts is not None:
        found += [(f"alert {one.rule.name}", one.reason or "") for one in alerts.rules if one.missing]
    return found


def _markdown(shown: Shown) -> str:
    parts = [MARKER, f"## llmcost check {_verdict(shown)}"]
    if shown.budgets is not None:
        text = budget_markdown.markdown(shown.budgets, Surface())
        parts.append(text.removeprefix(budget_markdown.MARKER).strip("\n"))
    if shown.alerts is not None:
        parts.append(render_alerts(shown.alerts, None, "markdown", Surface()).rstrip("\n"))
    parts += [f"- {part} not evaluated: {escape(printable(reason))}" for part, reason in shown.not_evaluated]
    for lint in (shown.lint, shown.tags):
        if lint is None:
            continue
        kept = lint
        room = budget_markdown.LARGEST - sum(len(part) + 2 for part in parts) - 300
        text = findings_markdown(kept, Surface())
        while kept.findings and len(text) > room:
            kept = replace(kept, findings=kept.findings[: len(kept.findings) * 9 // 10])
            text = findings_markdown(kept, Surface())
        parts.append(text.rstrip("\n"))
        left = len(lint.findings) - len(kept.findings)
        if left:
            parts.append(f"{plural(left, 'more finding')} of {len(lint.findings):,} in all.")
    return "\n\n".join(parts) + "\n"


def _junit(shown: Shown) -> str:
    parts = []
    if shown.budgets is not None:
        parts.append(budget_junit.suites(shown.budgets))
    parts += [junit.suites(found) for found in (_alerts(shown), shown.lint, shown.tags) if found is not None]
    parts.append(budget_junit.skipped_suite(shown.not_evaluated))
    return junit.joined(parts)


def _merged(shown: Shown) -> Findings:
    """Every finding, the budgets' first."""
    findings: list[Finding] = []
    rules: list[Rule] = []
    checked: list[str] = []
    budgets = None if shown.budgets is None else budget_findings(shown.budgets)
    for found in (budgets, _alerts(shown), shown.lint, shown.tags):
        if found is not None:
            findings += found.findings
            rules += found.rules
            checked += found.checked
    place = Place(file=shown.file, line=1, column=1, end_line=1, end_column=2)
    findings += [
        _SKIPPED.finding(place, f"{part} not evaluated: {reason}", fingerprint=f"{_SKIPPED.code}-{part}")
        for part, reason in shown.not_evaluated
    ]
    if shown.not_evaluated:
        rules.append(_SKIPPED)
    return Findings(findings=tuple(findings), rules=tuple(rules), checked=tuple(dict.fromkeys(checked)))


def _alerts(shown: Shown) -> Findings | None:
    alerts = shown.alerts
    return None if alerts is None else alert_findings(alerts, lambda alert: headline(alert, alerts.currency))


def _fitted(text: str, surface: Surface) -> list[str]:
    return [text] if surface.width is None else wrapped(text, surface.width, "  ")
