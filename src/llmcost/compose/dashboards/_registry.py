"""The folder is the registry: one module, one dashboard."""

import importlib
import pkgutil
from typing import TYPE_CHECKING

from llmcost.compose import dashboards
from llmcost.compose.dashboards._asking import Asking, Kind, Wanted
from llmcost.reports.dashboard import Dashboard

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection


def dashboard_names() -> tuple[str, ...]:
    """Every dashboard, in order."""
    names = (module.name for module in pkgutil.iter_modules(dashboards.__path__) if not module.name.startswith("_"))
    return tuple(sorted(names))


def dashboard(connection: "Connection", name: str, wanted: Wanted) -> Dashboard:
    """The dashboard called `name`, one of `dashboard_names()`, over the selected requests."""
    kind = importlib.import_module(f"{dashboards.__name__}.{name}").dashboard
    if not isinstance(kind, Kind):
        raise TypeError(f"{name}.dashboard is not a Kind")
    asking = Asking(connection, wanted, kind.metrics)
    panels = tuple(kind.panels(asking)) if asking.total.coverage.first is not None else ()
    return Dashboard(name=name, title=kind.title, total=asking.total, panels=panels)
