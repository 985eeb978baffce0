"""Findings as JSON: the stable shape `llmcost/findings/1`, which does not follow our own records."""

from typing import Any

from llmcost.domain.finding import Finding, Findings, Place
from llmcost.render.json import dumped
from llmcost.render.surface import Surface


def json(found: Findings, surface: Surface) -> str:
    """Every finding with its place, and what was checked how."""
    return dumped(document(found)) + "\n"


def document(found: Findings) -> dict[str, Any]:
    """The document as plain values."""
    return {
        "schema": "llmcost/findings/1",
        "files": list(found.checked),
        "findings": [_finding(one) for one in found.findings],
        "suppressed": found.suppressed,
        "read_as": list(found.headers),
        "notes": list(found.notes),
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "severity": one.severity,
        "confidence": one.confidence,
        "file": one.place.file,
        **_place(one.place),
        "rule_id": one.rule_id,
        "pointer": one.pointer,
        "message": one.message,
        "help": one.help,
        "related": [
            {"file": other.place.file, **_place(other.place), "message": other.message} for other in one.related
        ],
        "fix": None
        if one.fix is None
        else {
            "title": one.fix.title,
            "applicability": "safe" if one.fix.safe else "unsafe",
            "edits": [{**_place(edit.place), "text": edit.shown} for edit in one.fix.edits],
        },
        "fingerprint": one.fingerprint,
    }


def _place(place: Place) -> dict[str, int]:
    return {
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }
