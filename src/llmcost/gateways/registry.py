"""The folder `apis/` is the registry: one module, one `gateway`; the file name, dashed, is the id."""

import importlib
import inspect
import pkgutil
from functools import cache

from llmcost.domain.errors import UsageError
from llmcost.domain.text import nearest
from llmcost.gateways import apis
from llmcost.gateways.gateway import Gateway


@cache
def all_gateways() -> dict[str, Gateway]:
    """Every gateway by id, sorted."""
    found = {}
    for module in pkgutil.iter_modules(apis.__path__):
        if not module.name.startswith("_"):
            found[module.name.replace("_", "-")] = _load(module.name)
    return dict(sorted(found.items()))


def gateway_named(name: str) -> Gateway:
    """The gateway with this id; UsageError naming the nearest ids when there is none."""
    known = all_gateways()
    if name not in known:
        raise UsageError(f"unknown gateway {name!r}", hint=nearest(name, known) or f"one of {', '.join(known)}")
    return known[name]


def about(name: str) -> str:
    """What the module of a gateway says about it."""
    return inspect.cleandoc(importlib.import_module(f"{apis.__name__}.{name.replace('-', '_')}").__doc__ or "")


def _load(module: str) -> Gateway:
    loaded = importlib.import_module(f"{apis.__name__}.{module}").gateway
    if not isinstance(loaded, Gateway):
        raise TypeError(f"{module}.gateway is not a Gateway")
    return loaded
