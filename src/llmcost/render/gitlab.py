"""Findings as a GitLab code quality report.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import hashlib

from llmcost.domain.finding import Findings
from llmcost.render.json import dumped
from llmcost.render.surface import Surface

_SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def gitlab(found: Findings, surface: Surface) -> str:
    """An entry each."""
    return (
        dumped(
            [
                {
                    "description": one.message,
                    "check_name": f"{one.code} {one.name}",
                    "fingerprint": _fingerprint(f"{one.place.file}\n{one.fingerprint}"),
                    "severity": _SEVERITIES[one.severity],
                    "location": {
                        "path": one.place.file,
                        "positions": {
                            "begin": {"line": one.place.line, "column": one.place.column},
                            "end": {"line": one.place.end_line, "column": one.place.end_column},
                        },
                    },
                }
                for one in found.findings
            ]
        )
        + "\n"
    )


def _fingerprint(text: str) -> str:
    # The name of a file may hold bytes that are no UTF-8.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
