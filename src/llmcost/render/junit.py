"""Findings as JUnit XML, which most CI servers show: a suite for each file, a failed case for each finding."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from llmcost.domain.finding import Finding, Findings
from llmcost.domain.printable import printable
from llmcost.render.surface import Surface

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suites:
    """Some suites and what they count."""

    lines: tuple[str, ...]
    tests: int
    failures: int
    errors: int = 0


def junit(found: Findings, surface: Surface) -> str:
    """A suite for each file; one without findings has a case that passes."""
    return joined([suites(found)])


def joined(parts: Sequence[Suites]) -> str:
    """One document of all of them."""
    tests, failures, errors = (
        sum(counts) for counts in zip(*((one.tests, one.failures, one.errors) for one in parts), strict=True)
    )
    head = f'<testsuites name="llmcost" tests="{tests}" failures="{failures}" errors="{errors}">'
    lines = ['<?xml version="1.0" encoding="utf-8"?>', head, *(line for one in parts for line in one.lines)]
    return "\n".join([*lines, "</testsuites>", ""])


def suites(found: Findings) -> Suites:
    """The suites of the files checked, and of those that a finding is about: of a ledger's tags, say, the config that names them."""
    lines: list[str] = []
    files = tuple(dict.fromkeys([*found.checked, *(one.place.file for one in found.findings)]))
    for name in files:
        findings = _of(found, name)
        lines.append(
            f'  <testsuite name={attribute(name)} tests="{max(1, len(findings))}" failures="{len(findings)}" errors="0">'
        )
        if not findings:
            lines.append(f'    <testcase name="no finding" classname={attribute(name)}/>')
        for one in findings:
            lines += _case(one, name)
        lines.append("  </testsuite>")
    total = sum(max(1, len(_of(found, name))) for name in files)
    return Suites(lines=tuple(lines), tests=total, failures=len(found.findings))


def _of(found: Findings, name: str) -> list[Finding]:
    return [one for one in found.findings if one.place.file == name]


def _case(one: Finding, name: str) -> list[str]:
    title = f"{one.code} {one.name} {one.place.line}:{one.place.column}"
    text = f"{one.place.file}:{one.place.line}:{one.place.column}: {one.message}"
    if one.help:
        text += f" (help: {one.help})"
    return [
        f'    <testcase name={attribute(title)} classname={attribute(name)} file={attribute(name)} line="{one.place.line}">',
        f"      <failure type={attribute(one.severity)} message={attribute(one.message)}>{escape(legal(text))}</failure>",
        "    </testcase>",
    ]


def attribute(text: str) -> str:
    """Text as a quoted attribute."""
    return quoteattr(legal(text))


def legal(text: str) -> str:
    """Text on one line, of characters XML may hold."""
    return _ILLEGAL.sub("?", printable(text))
