"""Applying the fixes of findings to the text of their files, everything else left as it is."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.config.nodes import parse_text
from llmcost.quota.files import Opened, opened_text
from llmcost.quota.run import Choice, check
from llmcost.quota.secrets import masked, secrets_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmcost.config.nodes import Text
    from llmcost.domain.finding import Findings, Fix
    from llmcost.quota.check import Known
    from llmcost.quota.roster import Roster
    from llmcost.quota.semantics import Semantics

_ROUNDS = 25
"""A fix may make room for another; more rounds than this do not converge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """One file before and after."""

    before: Text
    after: Text
    count: int
    """Fixes applied."""


def fixed(
    files: Sequence[Opened],
    chosen: Choice,
    known: Known,
    *,
    unsafe: bool,
    semantics: Semantics | None = None,
    roster: Roster | None = None,
) -> tuple[list[Fixed], list[Opened]]:
    """Apply what can be applied until nothing is left; returns the files that changed, and all of them as they are then."""
    now = list(files)
    counts = [0] * len(now)
    for _ in range(_ROUNDS):
        found = check(now, chosen, known)
        moved = False
        for place, file in enumerate(now):
            text, count = _round(file.text, found, unsafe=unsafe)
            if count:
                now[place] = opened_text(text, semantics, roster)
                counts[place] += count
                moved = True
        if not moved:
            break
    changed = [
        Fixed(before=before.text, after=after.text, count=count)
        for before, after, count in zip(files, now, counts, strict=True)
        if count
    ]
    return changed, now


def write(changes: Iterable[Fixed]) -> None:
    """Put the new texts in place of the files."""
    for change in changes:
        mark = "\ufeff" if change.before.byte_order_mark else ""
        Path(change.before.name).write_bytes((mark + change.after.text).encode())


def difference(changes: Iterable[Fixed]) -> str:
    """A unified diff of all changes, secrets masked."""
    parts = []
    for change in changes:
        secrets = tuple({secret.value for secret in secrets_of(change.before)})
        old, new = (masked(text.text, secrets).splitlines(keepends=True) for text in (change.before, change.after))
        parts += [
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in difflib.unified_diff(old, new, fromfile=change.before.name, tofile=change.before.name)
        ]
    return "".join(parts)


def _round(text: Text, found: Findings, *, unsafe: bool) -> tuple[Text, int]:
    """The text after all fixes that do not touch each other, and how many they are."""
    fixes = [
        one.fix
        for one in found.findings
        if one.place.file == text.name and one.fix is not None and (one.fix.safe or unsafe)
    ]
    taken: list[tuple[int, int]] = []
    kept: list[Fix] = []
    for fix in fixes:
        spans = [(edit.start, edit.end) for edit in fix.edits]
        hull = (min(start for start, _ in spans), max(end for _, end in spans))
        if all(hull[1] < start or end < hull[0] for start, end in taken):
            taken.append(hull)
            kept.append(fix)
    applied = _applied(text, kept)
    if applied is not None:
        return applied, len(kept)
    for fix in sorted(kept, key=lambda one: -one.edits[0].start):
        one = _applied(text, [fix])
        if one is not None:
            return one, 1
    return text, 0


def _applied(text: Text, fixes: Sequence[Fix]) -> Text | None:
    """The text with these fixes; None when it then no longer parses, or nothing changed."""
    new = text.text
    edits = sorted((edit for fix in fixes for edit in fix.edits), key=lambda edit: (edit.start, edit.end), reverse=True)
    for edit in edits:
        new = new[: edit.start] + edit.text + new[edit.end :]
    parsed = parse_text(new, text.name)
    if new == text.text or (parsed.trouble is not None and text.trouble is None):
        return None
    return parsed
