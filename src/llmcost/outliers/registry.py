"""The folder `detectors/` is the registry: one module, one detector; the file name, dashed, is the id."""

import importlib
import pkgutil
from functools import cache

from llmcost.outliers import detectors
from llmcost.outliers.detector import Detector


@cache
def known_detectors() -> dict[str, Detector]:
    """Every detector by id, sorted."""
    found: dict[str, Detector] = {}
    for module in sorted(pkgutil.iter_modules(detectors.__path__), key=lambda one: one.name):
        if module.name.startswith("_"):
            continue
        entry = importlib.import_module(f"{detectors.__name__}.{module.name}").detector
        if not isinstance(entry, Detector):
            raise TypeError(f"{module.name}.detector is not a Detector")
        found[module.name.replace("_", "-")] = entry
    return found
