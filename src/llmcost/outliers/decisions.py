"""What people decided about findings: a small YAML file to be committed, with a reason and, for a dismissal, an end.

findings:
  - id: "dev-leakage-ca92b8"
    decision: "dismissed"
    reason: "planned evaluation"
    on: "2026-11-21"
    until: "2027-01-01"
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from llmcost.config.quoting import quoted
from llmcost.config.yaml import check_keys, read_document
from llmcost.domain.errors import DataError
from llmcost.ledger.filters import parse_condition
from llmcost.outliers.traffic import SCOPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.config.yaml import Document

DEFAULT_FILE = Path("llmcost-findings.yaml")
Word = Literal["dismissed", "accepted"]
WORDS: tuple[Word, ...] = get_args(Word)
_KEYS = ("id", "decision", "reason", "on", "until", "detector", "scope")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision about one finding."""

    id: str
    word: Word
    reason: str
    on: date
    """dismissed: the day it was; accepted: the first day of the new way of working."""
    until: date | None = None
    """From this day on a dismissal no longer holds; None: it always does."""
    detector: str = ""
    scope: tuple[tuple[str, str | None], ...] = ()
    """Of an accepted finding: where to compare."""


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """The decisions in a file, none where there is no file; ConfigError with the line of what cannot be read."""
    if not path.exists():
        return ()
    document = read_document(path)
    if document.value is None:
        return ()
    check_keys(document, (), ("findings",))
    items = document.value.get("findings") or []
    if not isinstance(items, list):
        raise document.error("expected a list", "findings")
    return tuple(_decision(document, place) for place in range(len(items)))


def write_decisions(path: Path, decisions: Sequence[Decision]) -> None:
    """Replace the file; one key a line, in the order given, so that a change is a small diff."""
    lines = ["findings:"]
    for one in decisions:
        values = {
            "id": one.id,
            "decision": one.word,
            "reason": one.reason,
            "on": str(one.on),
            **({"until": str(one.until)} if one.until else {}),
            **({"detector": one.detector} if one.detector else {}),
        }
        lines += [f"  {'- ' if key == 'id' else '  '}{key}: {quoted(value)}" for key, value in values.items()]
        if one.scope:
            lines.append("    scope:")
            lines += [f"      {name}: {'null' if value is None else quoted(value)}" for name, value in one.scope]
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror or error}", hint="name another with --findings"
        ) from error


def dismissed(decisions: Sequence[Decision], today: date) -> frozenset[str]:
    """The ids of findings not to show today."""
    return frozenset(
        one.id for one in decisions if one.word == "dismissed" and (one.until is None or today < one.until)
    )


def with_decision(decisions: Sequence[Decision], new: Decision) -> tuple[Decision, ...]:
    """The decisions with a new one in place of what was decided of the same finding before."""
    return (*(one for one in decisions if one.id != new.id), new)


def narrowed(scope: Sequence[tuple[str, str | None]], where: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    """A scope within what `--where KEY=V` selects; terms that are no equality of a dimension of `SCOPES` do not count."""
    terms = [parse_condition(text) for text in where]
    equal = {one.key: one.values[0] for one in terms if one.operator == "=" and one.key in SCOPES}
    return tuple({**equal, **dict(scope)}.items())


def _decision(document: Document, place: int) -> Decision:
    at = ("findings", place)
    item = document.at(*at)
    if not isinstance(item, dict):
        raise document.error("expected a mapping", *at)
    check_keys(document, at, _KEYS)
    word = next((known for known in WORDS if item.get("decision") == known), None)
    if word is None:
        raise document.error("no decision", *at, hint=f"write decision: {' or '.join(WORDS)}")
    for key in ("id", "reason"):
        if not isinstance(item.get(key), str) or not item[key].strip():
            raise document.error(f"no {key}", *at, hint=f"add {key}: with some text")
    scope = item.get("scope") or {}
    if scope:
        check_keys(document, (*at, "scope"), SCOPES)
    return Decision(
        id=item["id"],
        word=word,
        reason=item["reason"],
        on=_day(document, item.get("on"), *at, "on"),
        until=None if item.get("until") is None else _day(document, item["until"], *at, "until"),
        detector=str(item.get("detector") or ""),
        scope=tuple((str(name), None if value is None else str(value)) for name, value in scope.items()),
    )


def _day(document: Document, value: object, *at: str | int) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise document.error(f"{value!r} is no date", *at, hint="write it as 2026-12-31") from error
