"""Budgets as JUnit XML: a case for each budget and condition, failed, in error for want of data, skipped or passed."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from llmcost.budgets.checking import BudgetCheck
from llmcost.budgets.status import Standing
from llmcost.domain.finding import Place
from llmcost.render.budget_words import details, headline, title
from llmcost.render.junit import Suites, attribute, joined, legal
from llmcost.render.surface import Surface


def junit(check: BudgetCheck, surface: Surface) -> str:
    """One document."""
    return joined([suites(check)])


def suites(check: BudgetCheck) -> Suites:
    """A suite of budgets and one of conditions."""
    budgets = [_budget(one) for one in check.standings]
    gates = [
        _case(
            f"gate {one.name}",
            "gate",
            one.place,
            {"failed": "failure", "not_evaluated": "error"}.get(one.outcome),
            one.message,
        )
        for one in check.gates
    ]
    return _suites([("budgets", budgets), ("gate", gates)])


def skipped_suite(parts: Sequence[tuple[str, str]]) -> Suites:
    """A case in error for each part of a check that could not be judged, with the reason."""
    place = Place(file="llmcost.yaml", line=1, column=1, end_line=1, end_column=2)
    cases = [_case(part, "check", place, "error", f"not evaluated: {reason}") for part, reason in parts]
    return _suites([("check", cases)])


def _suites(named: Sequence[tuple[str, list[list[str]]]]) -> Suites:
    counts = [_counts(cases) for _, cases in named]
    tests, failures, errors, _ = (sum(column) for column in zip(*counts, strict=True))
    lines = []
    for (name, cases), (count, failed, broken, skipped) in zip(named, counts, strict=True):
        if cases:
            lines.append(
                f'  <testsuite name="{name}" tests="{count}" failures="{failed}" errors="{broken}" skipped="{skipped}">'
            )
            lines += [line for case in cases for line in case]
            lines.append("  </testsuite>")
    return Suites(lines=tuple(lines), tests=tests, failures=failures, errors=errors)


def _budget(one: Standing) -> list[str]:
    kind = "failure" if one.status == "breached" else "error" if one.missing else None
    if kind is None and one.status == "not_evaluated":
        kind = "skipped"
    return _case(f"budget {title(one)}", "budgets", one.budget.place, kind, headline(one), more=details(one))


def _case(name: str, suite: str, place: Place, kind: str | None, message: str, *, more: str | None = None) -> list[str]:
    start = f'    <testcase name={attribute(name)} classname="{suite}" file={attribute(place.file)} line="{place.line}"'
    if kind is None:
        return [f"{start}/>"]
    text = message if more is None else f"{message}\n{more}"
    inside = f"      <{kind} message={attribute(message)}"
    if kind == "skipped":
        return [f"{start}>", f"{inside}/>", "    </testcase>"]
    body = "\n".join(escape(legal(part)) for part in text.split("\n"))
    return [f"{start}>", f'{inside} type="{kind}">{body}</{kind}>', "    </testcase>"]


def _counts(cases: list[list[str]]) -> tuple[int, int, int, int]:
    kinds = [case[1].split()[0].strip("<") if len(case) > 1 else "" for case in cases]
    return len(cases), kinds.count("failure"), kinds.count("error"), kinds.count("skipped")
