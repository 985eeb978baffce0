"""Answers cut off by their own limit: a tenth or more of a feature's calls end where `max_output_tokens` or the model stops them."""

from collections.abc import Iterator

from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.traffic import Traffic, where

_SHARE = 0.1
_CUT = "(status = 'incomplete' or (status = 'ok' and calls > 0 and max_output_tokens > 1 and output_tokens >= max_output_tokens))"
_QUERY = Query(
    sql=f"select rid, cost * 0.25 as low, cost * 0.5 as mid, cost * 0.75 as high from waste_row where {_CUT} and cost > 0"
)


def _find(traffic: Traffic) -> Iterator[Finding]:
    if "max_output_tokens" not in traffic.present and not traffic.ask(
        Query(sql="select 1 as found from waste_row where status = 'incomplete' limit 1")
    ):
        raise NotEvaluable("no request says how long its answer may be, or that it was cut off")
    by = [*traffic.by_task(), "model"]
    for group in grouped(traffic, "waste_truncated", _QUERY, by):
        condition, values = where(group.scope)
        (calls,) = traffic.ask(Query(sql=f"select sum(calls) as calls from waste_row where {condition}", values=values))
        share = group.requests / int(calls["calls"] or 1)
        if share < _SHARE or not traffic.material(group.cost, group.requests):
            continue
        yield group.finding(
            headline=f"{share:.0%} of the answers of {group.name} are cut off",
            evidence={"cut_off": group.requests, "calls": int(calls["calls"]), "share": round(share, 4)},
            formula="cost of answers cut off: low a quarter of them were of no use, mid half, high three quarters",
            confidence="low",
            basis="what-if",
            todo="raise the limit, ask for shorter answers, or end at a stop sequence",
            verify=traffic.verify("report --by status --metrics requests,average_output_tokens", group.scope),
            query=_QUERY,
            caveats=("a limit may be meant to cut", "part of an answer may be all that is read"),
        )


detector = Detector(title="answers are cut off by their limit", find=_find, overlap="error")
