"""The output formats by name; each lives in the module it is named after and is imported when asked for."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from llmcost.render.surface import Surface
from llmcost.reports.record import Overview, Report, Study

if TYPE_CHECKING:
    from collections.abc import Callable

Format = Literal["table", "json", "csv", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)

PageFormat = Literal["html"]
PAGES: tuple[PageFormat, ...] = get_args(PageFormat)
"""Text for a browser, which only reports have."""

FileFormat = Literal["parquet", "xlsx"]
FILES: tuple[FileFormat, ...] = get_args(FileFormat)
"""Formats that are no text and only go to a file."""


def render(document: Report | Overview | Study, format_name: Format | PageFormat, surface: Surface) -> str:
    """The document in that format, ending in a line break."""
    module = "study" if isinstance(document, Study) and format_name not in PAGES else format_name
    function = getattr(import_module(f"llmcost.render.{module}"), format_name)
    if format_name == "table":
        return cast("Callable[[Report | Overview | Study, Surface], str]", function)(document, surface)
    return cast("Callable[[Report | Overview | Study], str]", function)(document)


def render_file(document: Report | Overview | Study, format_name: FileFormat, path: Path) -> None:
    """The document at `path`. Parquet holds what CSV does; Excel every table, and what they are made of.

    Raises UsageError for Excel where the extra is not installed.
    """
    function = import_module("llmcost.render.excel" if format_name == "xlsx" else "llmcost.render.parquet").written
    cast("Callable[[Report | Overview | Study, Path], None]", function)(document, path)
