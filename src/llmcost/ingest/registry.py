"""The folder `sources/` is the registry: one module, one `source`; the file name, dashed, is the id."""

import importlib
import pkgutil
from functools import cache

from llmcost.domain.errors import UsageError
from llmcost.domain.text import nearest
from llmcost.ingest import sources
from llmcost.ingest.source import Source


@cache
def all_sources() -> dict[str, Source]:
    """Every source by id, sorted."""
    found = {}
    for module in pkgutil.iter_modules(sources.__path__):
        if not module.name.startswith("_"):
            found[module.name.replace("_", "-")] = _load(module.name)
    return dict(sorted(found.items()))


def source_named(name: str) -> Source:
    """The source with this id; UsageError naming the nearest ids when there is none."""
    known = all_sources()
    if name not in known:
        raise UsageError(f"unknown source {name!r}", hint=nearest(name, known) or "`llmcost sources` lists them")
    return known[name]


def _load(module: str) -> Source:
    loaded = importlib.import_module(f"{sources.__name__}.{module}").source
    if not isinstance(loaded, Source):
        raise TypeError(f"{module}.source is not a Source")
    return loaded
