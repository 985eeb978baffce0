"""The output formats by name; each lives in the module it is named after and is imported when asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Literal, cast, get_args

from llmcost.render.surface import Surface
from llmcost.reports.record import Overview, Report, Study

if TYPE_CHECKING:
    from collections.abc import Callable

Format = Literal["table", "json", "csv", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render(document: Report | Overview | Study, format_name: Format, surface: Surface) -> str:
    """The document in that format, ending in a line break."""
    module = "study" if isinstance(document, Study) else format_name
    function = getattr(import_module(f"llmcost.render.{module}"), format_name)
    if format_name == "table":
        return cast("Callable[[Report | Overview | Study, Surface], str]", function)(document, surface)
    return cast("Callable[[Report | Overview | Study], str]", function)(document)
