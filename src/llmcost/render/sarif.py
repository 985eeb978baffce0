"""Findings as SARIF 2.1.0, which code scanning reads.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from typing import Any
from urllib.parse import quote

from llmcost import __version__
from llmcost.domain.finding import Finding, Findings, Place, Rule
from llmcost.render.json import dumped
from llmcost.render.surface import Surface

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_PRECISION = {"proved": "very-high", "needs-data": "high", "maybe": "medium"}


def sarif(found: Findings, surface: Surface) -> str:
    """One run with its rules and results."""
    numbers = {rule.code: number for number, rule in enumerate(found.rules)}
    run = {
        "tool": {
            "driver": {
                "name": "llmcost",
                "semanticVersion": __version__,
                "version": __version__,
                "rules": [_rule(rule) for rule in found.rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": {"uri": _uri(name)}} for name in found.checked],
        "results": [_result(one, numbers) for one in found.findings],
    }
    return (
        dumped(
            {
                "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
                "version": "2.1.0",
                "runs": [run],
            }
        )
        + "\n"
    )


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.title + "."},
        "help": {"text": f"{rule.title}.\n\n{rule.text}", "markdown": f"**{rule.title}.**\n\n{rule.text}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"precision": _PRECISION[rule.confidence], "tags": ["llm", "quota"]},
    }


def _result(one: Finding, numbers: dict[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": numbers.get(one.code, -1),
        "level": _LEVELS[one.severity],
        "message": {
            "text": f"{one.message}. {one.help[:1].upper() + one.help[1:]}." if one.help else f"{one.message}."
        },
        "locations": [_location(one.place)],
        "partialFingerprints": {"llmcostFinding/v1": one.fingerprint},
    }
    if one.related:
        result["relatedLocations"] = [
            {"id": number, **_location(other.place), "message": {"text": other.message}}
            for number, other in enumerate(one.related)
        ]
    if one.fix is not None:
        result["fixes"] = [
            {
                "description": {"text": one.fix.title},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": _uri(one.place.file)},
                        "replacements": [
                            {"deletedRegion": _region(edit.place), "insertedContent": {"text": edit.shown}}
                            for edit in one.fix.edits
                        ],
                    }
                ],
            }
        ]
    return result


def _location(place: Place) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(place.file)}, "region": _region(place)}}


def _region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _uri(name: str) -> str:
    path = quote(name.replace("\\", "/"), safe="/._-~", errors="replace")
    return f"file://{path}" if path.startswith("/") else path
