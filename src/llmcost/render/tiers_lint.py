"""What was found in a file of plans, as text and as JSON."""

from collections.abc import Sequence

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.render.drawing import wrapped
from llmcost.render.json import dumped
from llmcost.render.surface import Surface
from llmcost.tiers.lint import TierFinding


def lint_table(findings: Sequence[TierFinding], surface: Surface) -> str:
    """A line with the place for each finding, what it is and what to do below it, and a count."""
    if not findings:
        return ""
    lines: list[str] = []
    for one in findings:
        lines.append(f"{printable(one.path)}:{one.line}:{one.column}: {one.severity} {one.code}")
        for told in (printable(one.message), *([] if one.hint is None else [f"hint: {printable(one.hint)}"])):
            lines += [f"  {line}" for line in ([told] if surface.width is None else wrapped(told, surface.width - 2))]
    errors = sum(one.severity == "error" for one in findings)
    lines += ["", f"{plural(errors, 'error')}, {plural(len(findings) - errors, 'warning')}"]
    return "\n".join(lines) + "\n"


def lint_json(findings: Sequence[TierFinding]) -> str:
    """The findings as `llmcost/tiers-lint/1`."""
    shape = {
        "schema": "llmcost/tiers-lint/1",
        "findings": [
            {
                "code": one.code,
                "severity": one.severity,
                "file": one.path,
                "line": one.line,
                "column": one.column,
                "message": one.message,
                "fix": one.hint,
            }
            for one in findings
        ],
    }
    return f"{dumped(shape)}\n"
