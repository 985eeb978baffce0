"""Dashboards in every format; each lives in the module it is named after and is imported when asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Literal, cast, get_args

from llmcost.render.surface import Surface
from llmcost.reports.dashboard import Dashboard

if TYPE_CHECKING:
    from collections.abc import Callable

DashboardFormat = Literal["table", "html", "json"]
DASHBOARD_FORMATS: tuple[DashboardFormat, ...] = get_args(DashboardFormat)


def render_dashboard(board: Dashboard, format_name: DashboardFormat, surface: Surface, *, unicode: bool = True) -> str:
    """The dashboard in that format, ending in a line break; `unicode` is whether a terminal shows block characters."""
    function = getattr(import_module(f"llmcost.render.dashboard_{format_name}"), format_name)
    if format_name == "table":
        return cast("Callable[[Dashboard, Surface, bool], str]", function)(board, surface, unicode)
    return cast("Callable[[Dashboard], str]", function)(board)
