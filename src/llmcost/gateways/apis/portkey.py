"""Portkey: its request logs, through export jobs.

`POST /logs/exports` makes a job, which is started, waited for and fetched from where its signed link points; no key is sent
there. A job has up to 50,000 logs, so a time with more is exported in parts. The answers of the providers are asked for, because
only they tell cached tokens apart; of them nothing but usage is kept. Exports are part of Portkey's enterprise plan
(https://portkey.ai/docs/product/observability/logs-export).
"""

from typing import Any

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import Header
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.jobs import Job
from llmcost.gateways.paging import Whole
from llmcost.net.fetching import MIB

_FIELDS = (
    *("id", "trace_id", "created_at", "response", "ai_org", "ai_model", "req_units", "res_units", "total_units"),
    *(
        "request_url",
        "cost",
        "cost_currency",
        "response_time",
        "response_status_code",
        "config",
        "prompt_slug",
        "metadata",
    ),
)


def _export(span: Span) -> dict[str, Any]:
    return {
        "filters": {
            "time_of_generation_min": f"{span.since:%Y-%m-%dT%H:%M:%S}.000Z",
            "time_of_generation_max": f"{span.until:%Y-%m-%dT%H:%M:%S}.000Z",
        },
        "requested_data": list(_FIELDS),
        "description": "llmcost",
    }


gateway = Gateway(
    title="Portkey",
    auth=Header("x-portkey-api-key", ("PORTKEY_API_KEY",)),
    url="https://api.portkey.ai/v1",
    keyed=True,
    streams={
        "requests": (
            Endpoint(
                path="/logs/exports",
                sources=("portkey-logs",),
                paging=Whole(),
                limit=512 * MIB,
                job=Job(
                    body=_export,
                    start="/logs/exports/{id}/start",
                    state="/logs/exports/{id}",
                    download="/logs/exports/{id}/download",
                    most=50_000,
                ),
            ),
        )
    },
)
