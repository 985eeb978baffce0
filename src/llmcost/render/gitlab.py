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
                    "fingerprint": hashlib.sha256(f"{one.place.file}\n{one.fingerprint}".encode()).hexdigest(),
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
