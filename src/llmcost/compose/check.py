"""Everything llmcost.yaml asks for, judged in one go: budgets, gate, baseline, alerts, gateway configs, tags.

One exit code: a wrong configuration (2) before a proven finding (1) before missing data (3) before an upstream failure (4).
What could not be judged never hides what could.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from llmcost.budgets import baseline
from llmcost.budgets.alerts.judgement import AlertCheck
from llmcost.budgets.alerts.judging import check as judge_alerts
from llmcost.budgets.alerts.reading import read_rules
from llmcost.budgets.checking import BudgetCheck
from llmcost.budgets.checking import check as check_budgets
from llmcost.budgets.reading import read_budgets
from llmcost.config.gate import Gate
from llmcost.config.settings import Settings
from llmcost.domain.errors import ConfigError, ExitCode, LlmcostError, UsageError
from llmcost.domain.finding import Findings, Severity
from llmcost.ledger.database import reading

Result = TypeVar("Result")

_PRECEDENCE = (ExitCode.USAGE, ExitCode.FINDING, ExitCode.DATA, ExitCode.UPSTREAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEvaluated:
    """A part that could not be judged."""

    part: str
    reason: str
    code: ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What became of each part; None for one that was not asked for or could not be judged."""

    budgets: BudgetCheck | None
    alerts: AlertCheck | None
    """Judged and not delivered: that is for `alerts check`."""
    lint: Findings | None
    tags: Findings | None
    """What is wrong with tags, in the ledger and in the programs that are named."""
    lint_fails: bool
    """Whether either lint found something that fails a build."""
    not_evaluated: tuple[NotEvaluated, ...]

    @property
    def exit_code(self) -> ExitCode:
        """The worst of the parts."""
        codes = [one.code for one in self.not_evaluated]
        if self.budgets is not None:
            codes.append(self.budgets.exit_code)
        if self.alerts is not None:
            codes.append(self.alerts.exit_code)
        if self.lint_fails:
            codes.append(ExitCode.FINDING)
        return worst(codes)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The one that decides."""
    found = set(codes)
    return next((code for code in _PRECEDENCE if code in found), ExitCode.OK)


def check(
    settings: Settings, *, now: datetime, db: Path | None = None, fail_on: Severity = "error", wait: float = 5
) -> Checked:
    """Judge every part; ConfigError where the file asks for nothing, or for something that cannot be meant.

    A writer is waited for up to `wait` seconds by each part that needs the ledger.
    """
    budgets = read_budgets(settings)
    wants_budgets = bool(budgets) or settings.gate != Gate()
    paths = settings.limit_files
    if not (wants_budgets or paths or settings.alerts or settings.tags.given):
        raise ConfigError(
            "nothing to check: no budgets, gate, alerts, quota or tags in llmcost.yaml",
            hint="`llmcost init` writes one from what the ledger holds",
        )
    skipped: list[NotEvaluated] = []
    judged = None
    if wants_budgets:
        judged = _attempt("budgets", skipped, lambda: _budgets(settings, now, db, wait))
    lint = _attempt("quota", skipped, lambda: _lint(settings, paths, now)) if paths else None
    alerts = _attempt("alerts", skipped, lambda: _alerts(settings, now, db, wait)) if settings.alerts else None
    tags = _tags(settings, db, wait, skipped) if settings.tags.given else None
    return Checked(
        budgets=judged,
        alerts=alerts,
        lint=lint,
        tags=tags,
        lint_fails=any(found is not None and found.fails(fail_on) for found in (lint, tags)),
        not_evaluated=tuple(skipped),
    )


def _budgets(settings: Settings, now: datetime, db: Path | None, wait: float) -> BudgetCheck:
    budgets = read_budgets(settings)
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        found = check_budgets(ledger, settings, budgets, now)
        if not settings.gate.compares:
            return found
        try:
            base = baseline.read(settings.folder / baseline.FILE)
        except LlmcostError as error:
            if isinstance(error, UsageError):
                raise
            return replace(found, gates=(*found.gates, baseline.missing(settings, error)))
        present = baseline.measure(ledger, settings, budgets, found, days=base.days)
    gates = (*found.gates, *baseline.judged(settings, base, present))
    found = replace(found, gates=gates)
    return baseline.excused(found, base) if settings.gate.crossed else found


def _alerts(settings: Settings, now: datetime, db: Path | None, wait: float) -> AlertCheck:
    rules = read_rules(settings)
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        return judge_alerts(ledger, settings, rules, now)


def _lint(settings: Settings, paths: Sequence[Path], now: datetime) -> Findings:
    from functools import cache

    from llmcost.pricing.price_list import PriceList, load_price_list
    from llmcost.quota.check import Known
    from llmcost.quota.files import opened
    from llmcost.quota.run import check as run
    from llmcost.quota.run import choice

    @cache
    def prices() -> PriceList:
        return load_price_list(settings.pricing)

    settings.check_there("quota")
    files, others = opened([_near(path) for path in paths])
    known = Known(day=now.date(), pedantic=False, load_prices=prices)
    return run(files, choice((), (), pedantic=False), known, unread=others)


def _tags(settings: Settings, db: Path | None, wait: float, skipped: list[NotEvaluated]) -> Findings | None:
    """What could be looked at: programs need no ledger."""
    from llmcost.tags.run import choice, lint_python, together

    files = settings.tags.files
    programs = _attempt("tags", skipped, lambda: lint_python(files, settings, choice())) if files else None
    parts = [programs, _attempt("tags", skipped, lambda: _ledger_tags(settings, db, wait))]
    found = [part for part in parts if part is not None]
    return together(found) if found else None


def _ledger_tags(settings: Settings, db: Path | None, wait: float) -> Findings:
    from llmcost.domain.period import Period, time_zone
    from llmcost.ledger.composition import Selection
    from llmcost.tags.run import choice, lint_ledger
    from llmcost.tags.usage import usage

    path = settings.ledger_path(db)
    with reading(path, wait=wait) as ledger:
        selection = Selection(period=Period(), zone=time_zone(settings.tz), basis="requests")
        found = usage(ledger, selection, settings.attribution)
    return lint_ledger(found, settings, choice(), path)


def _near(path: Path) -> Path:
    """As CI names it: relative to the folder it works in, if it is in there."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


def _attempt(part: str, skipped: list[NotEvaluated], run: Callable[[], Result]) -> Result | None:
    """The result, or None with a note of why not; a wrong configuration stops everything."""
    try:
        return run()
    except LlmcostError as error:
        if error.exit_code == ExitCode.USAGE:
            raise
        reason = error.message if error.hint is None else f"{error.message} ({error.hint})"
        skipped.append(NotEvaluated(part=part, reason=reason, code=error.exit_code))
        return None
