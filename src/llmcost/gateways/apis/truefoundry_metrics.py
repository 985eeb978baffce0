"""TrueFoundry AI Gateway: its model metrics, by hour and model.

`POST /api/svc/v1/llm-gateway/metrics/query` of the control plane. Virtual models are left out, because the models behind them
count the same calls. These are aggregates: they go to usage buckets, beside the requests and never among them. The requests
themselves are pulled with `--from truefoundry` (https://www.truefoundry.com/docs/ai-gateway/fetch-model-metrics).
"""

from datetime import timedelta
from typing import Any

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import bearer
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Whole


def _by_model(span: Span) -> dict[str, Any]:
    return {
        "startTs": f"{span.since:%Y-%m-%dT%H:%M:%S}.000Z",
        "endTs": f"{span.until:%Y-%m-%dT%H:%M:%S}.000Z",
        "datasource": "modelMetrics",
        "type": "timeseries",
        "interval": "1 hour",
        "aggregations": [{"type": "sum", "column": name} for name in ("inputTokens", "outputTokens", "costInUSD")],
        "groupBy": ["modelName", "providerModelName"],
        "filters": [{"fieldName": "virtualModelName", "operator": "IS_NULL", "value": True}],
    }


gateway = Gateway(
    title="TrueFoundry model metrics",
    auth=bearer("TFY_API_KEY"),
    example="https://your-org.truefoundry.cloud",
    late=timedelta(hours=2),
    poll=timedelta(minutes=10),
    streams={
        "metrics": (
            Endpoint(
                path="/api/svc/v1/llm-gateway/metrics/query",
                sources=("truefoundry-metrics",),
                body=_by_model,
                rows="data.dataPoints",
                paging=Whole(),
                grain=timedelta(hours=1),
            ),
        )
    },
)
