"""OpenRouter: what it charged for calls that the ledger knows of.

OpenRouter lists no calls. It tells of one when asked for its id (`GET /api/v1/generation?id=`), so every call in the ledger whose
id is OpenRouter's and whose bill is not known yet is looked up: its native tokens, who served it, what was charged. Read the
logs of the calls first. `--since` and `--until` choose which calls; those OpenRouter has forgotten stay as they are
(https://openrouter.ai/docs/api-reference/get-a-generation).
"""

from llmcost.gateways.auth import bearer
from llmcost.gateways.gateway import Gateway
from llmcost.gateways.lookups import Lookup

gateway = Gateway(
    title="OpenRouter",
    auth=bearer("OPENROUTER_API_KEY"),
    url="https://openrouter.ai",
    streams={},
    lookup=Lookup(
        path="/api/v1/generation",
        query="id",
        sources=("openrouter-generations",),
        prefix="gen-",
        reporter="openrouter",
    ),
)
