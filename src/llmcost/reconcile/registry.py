"""The folders `invoices/` and `causes/` are the registries: one module, one entry; the file name, dashed, is the id."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import TypeVar

from llmcost.reconcile import causes, invoices
from llmcost.reconcile.cause import Cause
from llmcost.reconcile.invoice import InvoiceFormat

Entry = TypeVar("Entry")


@cache
def invoice_formats() -> dict[str, InvoiceFormat]:
    """Every bill that can be read, by id, sorted."""
    return _entries(invoices, InvoiceFormat, "invoice_format")


@cache
def known_causes() -> dict[str, Cause]:
    """Every cause of a difference that is looked for, by id, sorted."""
    return _entries(causes, Cause, "cause")


def _entries(folder: ModuleType, kind: type[Entry], attribute: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for module in sorted(pkgutil.iter_modules(folder.__path__), key=lambda one: one.name):
        if module.name.startswith("_"):
            continue
        entry = getattr(importlib.import_module(f"{folder.__name__}.{module.name}"), attribute)
        if not isinstance(entry, kind):
            raise TypeError(f"{module.name}.{attribute} is not a {kind.__name__}")
        found[module.name.replace("_", "-")] = entry
    return found
