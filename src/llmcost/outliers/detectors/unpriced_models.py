"""Models without a price: what they cost is in no report."""

from collections.abc import Iterator

from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.traffic import Traffic

_QUERY = Query(
    sql="""
    select
        provider, model, cast(sum(unpriced_calls) as bigint) as requests, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
        min(started_at) as since, max(started_at) as until
    from waste_row
    where cost_status = 'unpriced' and model is not null
    group by provider, model
    order by requests desc, model, provider
    """
)


def _find(traffic: Traffic) -> Iterator[Finding]:
    for row in traffic.ask(_QUERY):
        requests = row["requests"]
        if requests < max(traffic.floors.requests, traffic.requests * traffic.floors.share):
            continue
        yield Finding(
            scope=(("provider", row["provider"]), ("model", row["model"])),
            since=row["since"],
            until=row["until"],
            headline=f"{row['model']} has no price: {requests:,} requests ({requests / traffic.requests:.1%}) are in no sum of cost",
            evidence={
                "requests": requests,
                "input_tokens": int(row["input_tokens"]),
                "output_tokens": int(row["output_tokens"]),
            },
            requests=requests,
            cost=None,
            confidence="high",
            basis="measured",
            todo="add its price to a file under `pricing:` in llmcost.yaml, then run `llmcost db reprice`",
            verify=traffic.verify("report --by model --metrics requests,unpriced_requests", (("model", row["model"]),)),
            query=_QUERY,
            caveats=("a model of your own may cost nothing per token: give it the price 0",),
        )


detector = Detector(title="a model has no price", find=_find)
