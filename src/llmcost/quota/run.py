"""One run of the checks: files in, findings out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.domain.finding import Edit, Finding, Findings, Fix, Place, Related
from llmcost.domain.rules import means
from llmcost.domain.text import nearest
from llmcost.quota.check import Check, Known, all_checks, catalogue
from llmcost.quota.headers import header, reading_notes
from llmcost.quota.secrets import masked, secrets_of
from llmcost.quota.suppressions import suppressions_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmcost.config.nodes import Node, Text
    from llmcost.quota.files import Opened
    from llmcost.quota.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which checks run."""

    select: tuple[str, ...] = ()
    """Code prefixes or names; none: all."""
    ignore: tuple[str, ...] = ()
    pedantic: bool = False

    def wants(self, code: str, name: str, check: Check) -> bool:
        """Whether a check runs."""
        if any(means(one, code, name) for one in self.ignore):
            return False
        if self.select:
            return any(means(one, code, name) for one in self.select)
        return self.pedantic or not (check.pedantic or check.severity == "info")


def choice(select: Sequence[str], ignore: Sequence[str], *, pedantic: bool) -> Choice:
    """The choice of some options; UsageError for a code that no check has."""
    known = [(code, name) for code, (name, _) in all_checks().items()]
    for one in (*select, *ignore):
        if not any(means(one, code, name) for code, name in known):
            names = [word for pair in known for word in pair]
            raise UsageError(
                f"no check is called {one!r}",
                hint=nearest(one.upper(), names) or nearest(one, names) or "`llmcost quota rules` lists them",
            )
    return Choice(select=tuple(select), ignore=tuple(ignore), pedantic=pedantic)


def lacking(chosen: Choice, known: Known) -> list[str]:
    """Codes of the chosen checks that do not run for want of past requests."""
    return [
        code
        for code, (name, one) in all_checks().items()
        if one.needs_history and known.history is None and chosen.wants(code, name, one)
    ]


def newer(found: Findings, base: Findings) -> Findings:
    """The findings that `base`, of an older version of the files, does not have, wherever their lines and files moved."""
    import dataclasses
    from collections import Counter

    old = Counter(one.fingerprint.partition("-")[0] for one in base.findings)
    kept = []
    for one in found.findings:
        seed = one.fingerprint.partition("-")[0]
        if old[seed]:
            old[seed] -= 1
        else:
            kept.append(one)
    return dataclasses.replace(found, findings=tuple(kept))


def check(files: Sequence[Opened], chosen: Choice, known: Known, *, unread: int = 0) -> Findings:
    """Run the chosen checks over files that were opened."""
    wanted = {
        code: (name, one)
        for code, (name, one) in all_checks().items()
        if chosen.wants(code, name, one) and one.can_run(known)
    }
    found: list[Finding] = []
    suppressed = 0
    across = list(_across(files, wanted, known))
    for file in files:
        problems = [*_problems(file, wanted, known), *((code, one) for code, text, one in across if text is file.text)]
        kept, silenced = _kept(file.text, problems, wanted)
        found += kept
        suppressed += silenced
    found.sort(key=lambda one: (one.place.file, one.place.line, one.place.column, one.code))
    return Findings(
        findings=tuple(_unique(found)),
        rules=tuple(rule for rule in catalogue() if rule.code in wanted),
        sources={file.text.name: _lines(file.text) for file in files},
        checked=tuple(file.text.name for file in files),
        headers=tuple(header(config) for file in files for config in file.configs),
        notes=(
            *(
                masked(note, tuple({secret.value for secret in secrets_of(file.text)}))
                for file in files
                for config in file.configs
                for note in (*config.notes, *reading_notes(config))
            ),
            *([f"{unread:,} other files are no gateway configs"] if unread > 1 else []),
            *(["1 other file is no gateway config"] if unread == 1 else []),
        ),
        suppressed=suppressed,
    )


def _problems(file: Opened, wanted: dict[str, tuple[str, Check]], known: Known) -> Iterator[tuple[str, Problem]]:
    reported = [*file.problems, *(one for config in file.configs for one in config.problems)]
    for code, (_, one) in wanted.items():
        yield from ((code, problem) for problem in reported if problem.code == code)
        yield from ((code, problem) for problem in one.of_text(file.text, known))
        for config in file.configs:
            yield from ((code, problem) for problem in one.of_config(config, known))
            if known.history is not None:
                yield from ((code, problem) for problem in one.of_history(config, known.history, known))


def _across(
    files: Sequence[Opened], wanted: dict[str, tuple[str, Check]], known: Known
) -> Iterator[tuple[str, Text, Problem]]:
    configs = tuple(config for file in files for config in file.configs)
    for code, (_, one) in wanted.items():
        yield from ((code, config.source, problem) for config, problem in one.of_all(configs, known))
        if known.history is not None:
            found = one.of_all_history(configs, known.history, known)
            yield from ((code, config.source, problem) for config, problem in found)


def _kept(
    text: Text, problems: Sequence[tuple[str, Problem]], wanted: dict[str, tuple[str, Check]]
) -> tuple[list[Finding], int]:
    """The findings that no comment silences, how many are silenced, and what is wrong with such comments."""
    from llmcost.quota.checks.stale_suppression import stale
    from llmcost.quota.checks.suppression_without_reason import unreasoned

    comments = suppressions_of(text)
    secrets = tuple({secret.value for secret in secrets_of(text)})
    pointers = _Pointers(text)
    kept: list[Finding] = []
    silenced = 0
    for code, problem in problems:
        finding = _finding(text, code, problem, pointers, secrets)
        # Every comment is asked, so that each one that is of use is remembered as such.
        answers = [comment.silences(code, finding.name, finding.place.line) for comment in comments]
        if any(answers):
            silenced += 1
        else:
            kept.append(finding)
    # What past requests show comes and goes with them, and what files say together with those a run is given: a comment
    # about it is not out of use when they show nothing.
    lasting = [code for code, (_, one) in wanted.items() if not (one.needs_history or one.looks_across)]
    for code, about in (("QX901", stale), ("QX902", unreasoned)):
        # Of a text that cannot be read whole nobody knows what the checks would find.
        if code in wanted and (text.trouble is None or about is unreasoned):
            kept += [_finding(text, code, one, pointers, secrets) for one in about(text, comments, lasting)]
    return kept, silenced


def _finding(
    text: Text,
    code: str,
    problem: Problem,
    pointers: _Pointers,
    secrets: tuple[str, ...],
) -> Finding:
    name, check = all_checks()[code]
    start, end = problem.at if isinstance(problem.at, tuple) else _span(problem.at)
    pointer = "" if isinstance(problem.at, tuple) else pointers.of(problem.at)
    value = "" if isinstance(problem.at, tuple) or problem.at.kind != "scalar" else problem.at.text
    seed = "\n".join((code, problem.rule_id or pointer, pointer.rpartition("/")[2], value))
    fix = None
    if problem.change is not None:
        fix = Fix(
            title=masked(problem.change.title, secrets),
            safe=problem.change.safe,
            edits=tuple(
                Edit(place=place_of(text, first, last), start=first, end=last, text=new, shown=masked(new, secrets))
                for first, last, new in problem.change.edits
            ),
        )
    return Finding(
        code=code,
        name=name,
        severity=problem.severity or check.severity,
        confidence=problem.confidence or check.confidence,
        place=place_of(text, start, end),
        message=masked(problem.message, secrets),
        help=None if problem.help is None else masked(problem.help, secrets),
        rule_id=None if problem.rule_id is None else masked(problem.rule_id, secrets),
        pointer=masked(pointer, secrets),
        related=tuple(
            Related(place=place_of(text, *_span(node)), message=masked(message, secrets))
            for node, message in problem.related
        ),
        fix=fix,
        fingerprint=hashlib.sha1(seed.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:16],
    )


def _span(node: Node) -> tuple[int, int]:
    """What to point at: for a mapping of several lines its first key."""
    head = node.own[0][0] if node.kind == "mapping" and not node.flow and node.own else node
    return head.start, head.end


def place_of(text: Text, start: int, end: int) -> Place:
    """A span of a text as lines and columns; an empty one is at least one column wide where the line goes on."""
    line, column = text.position(start)
    end_line, end_column = text.position(max(end, start))
    return Place(file=text.name, line=line, column=column, end_line=end_line, end_column=end_column)


def _unique(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Each finding once, with fingerprints that differ."""
    import dataclasses

    seen: set[tuple[object, ...]] = set()
    prints: dict[str, int] = {}
    for one in findings:
        key = (one.code, one.place, one.message)
        if key in seen:
            continue
        seen.add(key)
        whole = f"{one.place.file}\n{one.fingerprint}"
        prints[whole] = prints.get(whole, 0) + 1
        count = prints[whole]
        yield one if count == 1 else dataclasses.replace(one, fingerprint=f"{one.fingerprint}-{count}")


def _lines(text: Text) -> tuple[str, ...]:
    secrets = tuple({secret.value for secret in secrets_of(text)})
    return tuple(masked("\n".join(text.lines), secrets).split("\n"))


class _Pointers:
    """JSON pointers of nodes, worked out when the first is asked for."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.known: dict[int, str] | None = None

    def of(self, node: Node) -> str:
        if self.known is None:
            self.known = {}
            for number, root in enumerate(self.text.documents):
                self._note(root, "" if len(self.text.documents) == 1 else f"/{number}")
        return self.known.get(id(node), "")

    def _note(self, root: Node, pointer: str) -> None:
        known = self.known if self.known is not None else {}
        stack = [(root, pointer)]
        while stack:
            node, here = stack.pop()
            if id(node) in known:
                continue
            known[id(node)] = here
            stack += [(item, f"{here}/{place}") for place, item in enumerate(node.items)]
            for key, value in node.own:
                step = f"{here}/{key.text.replace('~', '~0').replace('/', '~1')}"
                known.setdefault(id(key), step)
                stack.append((value, step))
