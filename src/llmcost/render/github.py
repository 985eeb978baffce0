"""Findings as GitHub workflow commands, which become annotations on the lines of a pull request.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from llmcost.domain.finding import SEVERITIES, Finding, Findings
from llmcost.domain.printable import printable
from llmcost.render.surface import Surface

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


MOST = 10
"""Annotations of a step that are shown, of each kind and, to leave room for other steps, of ours in all."""


def github(found: Findings, surface: Surface) -> str:
    """A command for each of the worst ten, and how many more there are."""
    worst = sorted(found.findings, key=lambda one: SEVERITIES.index(one.severity))
    lines = [_command(one) for one in worst[:MOST]]
    if len(worst) > MOST:
        lines.append(f"{len(worst) - MOST:,} of {len(worst):,} findings are not annotated; the worst {MOST} are")
    return "".join(f"{line}\n" for line in lines)


def _command(one: Finding) -> str:
    place = one.place
    properties = {
        "file": place.file,
        "line": place.line,
        "col": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
        "title": f"{one.code} {one.name}",
    }
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    text = f"{one.message}\n{one.help}" if one.help else one.message
    return f"::{_COMMANDS[one.severity]} {written}::{_data(text)}"


def _data(text: str) -> str:
    return "%0A".join(printable(line).replace("%", "%25") for line in text.split("\n"))


def _property(text: str) -> str:
    return printable(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
