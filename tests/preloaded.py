"""Everything llmcost imports, early or late: what the server in `processes.py` has at hand before it forks."""

import pkgutil
from importlib import import_module

import llmcost
from llmcost.pricing import layers

LATE = ("duckdb", "httpx", "rich.console", "rich.table", "tiktoken", "yaml")

for module in (*(m.name for m in pkgutil.walk_packages(llmcost.__path__, "llmcost.")), *LATE):
    if not module.endswith("__main__"):
        import_module(module)

# The packaged prices are the same for every command of one version.
list(layers.files(()))
