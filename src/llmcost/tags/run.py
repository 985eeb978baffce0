"""One run of the checks: a ledger, or programs, in; findings out."""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.config.settings import Settings
from llmcost.domain.credentials import masked_shapes
from llmcost.domain.errors import UsageError
from llmcost.domain.finding import Finding, Findings, Place, fingerprint_of
from llmcost.domain.rules import means
from llmcost.domain.text import nearest
from llmcost.tags.check import Check, Known, Problem, all_checks, catalogue
from llmcost.tags.literals import PythonFile
from llmcost.tags.python import python_files, read_python, suppressions_of
from llmcost.tags.usage import MOST_KEYS, Usage

if TYPE_CHECKING:
    from llmcost.config.yaml import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which checks run."""

    select: tuple[str, ...] = ()
    """Beginnings of codes, or names; none: all."""
    ignore: tuple[str, ...] = ()

    def wants(self, code: str, name: str) -> bool:
        """Whether a check runs."""
        if any(means(one, code, name) for one in self.ignore):
            return False
        return not self.select or any(means(one, code, name) for one in self.select)


def choice(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> Choice:
    """The choice of some options; UsageError for a code that no check has."""
    known = [(code, name) for code, (name, _) in all_checks().items()]
    for one in (*select, *ignore):
        if not any(means(one, code, name) for code, name in known):
            words = [word for pair in known for word in pair]
            raise UsageError(
                f"no check is called {one!r}",
                hint=nearest(one.upper(), words) or nearest(one, words) or "`llmcost tags rules` lists them",
            )
    return Choice(select=tuple(select), ignore=tuple(ignore))


def known_of(settings: Settings) -> Known:
    """What llmcost.yaml says of tags."""
    return Known(rules=settings.tags, attribution=settings.attribution)


def lint_ledger(found: Usage, settings: Settings, chosen: Choice, ledger: Path) -> Findings:
    """Hold the tags of a ledger against the checks.

    A finding stands where the glossary speaks of its key, else where llmcost.yaml could, else at the ledger.
    """
    known = known_of(settings)
    wanted = _wanted(chosen, known, lambda check: check.looks_at("ledger"))
    findings = []
    for code, (_, check) in wanted.items():
        problems = [
            *(one for key in found.keys for one in check.of_key(key, found, known)),
            *check.of_usage(found, known),
        ]
        findings += [
            _finding(code, one, _place(settings, one.key, ledger)) for one in problems if not _excused(code, one, known)
        ]
    notes = []
    if found.key_count > MOST_KEYS:
        notes.append(f"{found.key_count:,} different tag keys; the {MOST_KEYS} on most requests were looked at")
    file = _place(settings, None, ledger).file
    return Findings(
        findings=_in_order(findings),
        rules=tuple(rule for rule in catalogue() if rule.code in wanted),
        sources={} if settings.document is None else {file: _lines(Path(settings.document.name))},
        checked=(_shown(ledger),),
        notes=tuple(notes),
    )


def lint_python(paths: Sequence[Path], settings: Settings, chosen: Choice) -> Findings:
    """Hold the tags written in Python files against the checks; UsageError for a path that is not there."""
    known = known_of(settings)
    wanted = _wanted(chosen, known, lambda check: check.looks_at("python"))
    findings: list[Finding] = []
    sources, checked, silenced = {}, [], 0
    for path in python_files(paths):
        name = _shown(path)
        try:
            file = read_python(path, name)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(f"cannot read {path}: {reason}", hint="check the path") from None
        own = list(_of_file(file, wanted, known))
        comments = suppressions_of(file)
        kept = [
            one for one in own if not any(comment.silences(one.code, one.name, one.place.line) for comment in comments)
        ]
        silenced += len(own) - len(kept)
        findings += kept
        checked.append(name)
        if kept:
            sources[name] = tuple(masked_shapes(line) for line in file.lines)
    return Findings(
        findings=_in_order(findings),
        rules=tuple(rule for rule in catalogue() if rule.code in wanted),
        sources=sources,
        checked=tuple(checked),
        suppressed=silenced,
    )


def together(parts: Iterable[Findings]) -> Findings:
    """Several outcomes as one."""
    found = list(parts)
    rules = {rule.code: rule for part in found for rule in part.rules}
    return Findings(
        findings=tuple(one for part in found for one in part.findings),
        rules=tuple(rules[code] for code in sorted(rules)),
        sources={name: lines for part in found for name, lines in part.sources.items()},
        checked=tuple(name for part in found for name in part.checked),
        notes=tuple(note for part in found for note in part.notes),
        suppressed=sum(part.suppressed for part in found),
    )


def _wanted(chosen: Choice, known: Known, fits: Callable[[Check], bool]) -> dict[str, tuple[str, Check]]:
    return {
        code: (name, check)
        for code, (name, check) in all_checks().items()
        if chosen.wants(code, name) and fits(check) and (chosen.select or not _begins(code, known.rules.ignore))
    }


def _of_file(file: PythonFile, wanted: dict[str, tuple[str, Check]], known: Known) -> Iterable[Finding]:
    for code, (_, check) in wanted.items():
        problems = [*check.of_file(file, known), *(one for tags in file.sets for one in check.of_set(tags, known))]
        for one in problems:
            if one.place is not None and not _excused(code, one, known):
                yield _finding(code, one, one.place)


def _excused(code: str, problem: Problem, known: Known) -> bool:
    rule = None if problem.key is None else known.rule(problem.key)
    return rule is not None and _begins(code, rule.ignore)


def _finding(code: str, problem: Problem, place: Place) -> Finding:
    rule = next(rule for rule in catalogue() if rule.code == code)
    found = rule.finding(
        place,
        masked_shapes(problem.message),
        fingerprint=fingerprint_of(code, problem.key or "", problem.about),
        help_=None if problem.help is None else masked_shapes(problem.help),
        rule_id=None if problem.key is None else masked_shapes(problem.key),
    )
    return found if problem.confidence is None else replace(found, confidence=problem.confidence)


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By place, each once, with fingerprints that differ."""
    order = sorted(findings, key=lambda one: (one.place.file, one.place.line, one.place.column, one.code, one.message))
    counts: dict[tuple[str, str], int] = {}
    kept = []
    for one in dict.fromkeys(order):
        key = (one.place.file, one.fingerprint)
        counts[key] = counts.get(key, 0) + 1
        kept.append(one if counts[key] == 1 else replace(one, fingerprint=f"{one.fingerprint}-{counts[key]}"))
    return tuple(kept)


def _place(settings: Settings, key: str | None, ledger: Path) -> Place:
    document = settings.document
    if document is None:
        return Place(file=_shown(ledger), line=1, column=1, end_line=1, end_column=2)
    path: tuple[Key, ...] = ("tags", "glossary")
    rule = None if key is None else known_of(settings).rule(key)
    if rule is not None:
        path = (*path, rule.key)
    line, column = document.position(*path)
    width = len(rule.key) if rule is not None else 1
    return Place(file=_shown(Path(document.name)), line=line, column=column, end_line=line, end_column=column + width)


def _lines(path: Path) -> tuple[str, ...]:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return tuple(masked_shapes(path.read_text("utf-8-sig")).split("\n"))
    return ()


def _shown(path: Path) -> str:
    """A file as CI names it: relative to the folder it works in, if it is in there."""
    with contextlib.suppress(ValueError, OSError):
        return path.resolve().relative_to(Path.cwd()).as_posix()
    return str(path)


def _begins(code: str, beginnings: Iterable[str]) -> bool:
    return any(code.startswith(one) for one in beginnings)
