"""Budgets as Markdown for a comment on a pull request or the summary of a CI step, within their size limits."""

from llmcost.budgets.checking import BudgetCheck
from llmcost.budgets.status import Standing
from llmcost.domain.printable import printable
from llmcost.render.budget_table import standings_grid, summary
from llmcost.render.budget_words import cause_lines, headline
from llmcost.render.markdown import escape, grid_table
from llmcost.render.surface import Surface

MARKER = "<!-- llmcost:budget -->"
"""How a job finds the comment it wrote before; invisible to readers."""
MOST = 40_000
"""Characters. A GitHub comment takes 65,536, a step summary 1 MiB, a GitLab note 1,000,000."""
LARGEST = 65_000
"""Characters of everything a comment holds."""
_ORDER = {"breached": 0, "not_evaluated": 1, "warning": 2, "ok": 3}


def markdown(check: BudgetCheck, surface: Surface) -> str:
    """The marker, a verdict, what broke, and the table, the worst first; what does not fit is counted."""
    head = [MARKER, f"### {_verdict(check)}"]
    head += [_block(one) for one in check.breached[:10]]
    told = [f"- {escape(f'gate {one.name}: {printable(one.message)}')}" for one in check.gates if one.outcome != "ok"]
    told += [f"- {escape(headline(one))}" for one in check.standings if one.status == "ok" and one.reason][:10]
    if told:
        head.append("\n".join(told))
    tail = escape(summary(check))
    order = sorted(check.standings, key=lambda one: (_ORDER[one.status], -(one.utilisation or 0)))
    room = MOST - sum(len(part) + 2 for part in (*head, tail)) - 200
    kept = len(order)
    while kept and len(grid_table(standings_grid(order[:kept]))) > room:
        kept = kept * 9 // 10
    parts = [*head, *([grid_table(standings_grid(order[:kept]))] if kept else [])]
    if kept < len(order):
        parts.append(f"{len(order) - kept:,} of {len(order):,} budgets are left out here.")
    return "\n\n".join([*parts, tail]) + "\n"


def _verdict(check: BudgetCheck) -> str:
    match int(check.exit_code):
        case 1:
            return "LLM budgets: breached" if check.breached else "LLM budgets: gate failed"
        case 3:
            why = "requests are unpriced" if check.unproven else "data is missing"
            return f"LLM budgets: not evaluated, {why}"
        case _:
            return "LLM budgets: within limits"


def _block(one: Standing) -> str:
    lines = [f"**{escape(headline(one))}**"]
    lines += [] if one.cause is None else [f"- {escape(line)}" for line in cause_lines(one, one.cause)]
    return "\n".join(lines)
