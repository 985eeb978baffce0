"""Findings in every format; each lives in the module it is named after and is imported when asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Literal, cast, get_args

from llmcost.domain.finding import Findings
from llmcost.render.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Callable

FindingsFormat = Literal["full", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"]
FINDINGS_FORMATS: tuple[FindingsFormat, ...] = get_args(FindingsFormat)

_MODULES = {
    "full": "findings_text",
    "concise": "findings_text",
    "json": "findings_json",
    "markdown": "findings_markdown",
}


def render_findings(found: Findings, format_name: FindingsFormat, surface: Surface) -> str:
    """The findings in that format; empty, or ending in a line break."""
    module = import_module(f"llmcost.render.{_MODULES.get(format_name, format_name)}")
    function = cast("Callable[[Findings, Surface], str]", getattr(module, format_name))
    return function(found, surface)
