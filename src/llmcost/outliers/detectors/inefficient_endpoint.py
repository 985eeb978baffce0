"""Endpoints or prompt versions that take twice the tokens of their peers for the same work.

Peers share the feature and the model; there must be three or more, each with fifty calls. Without such peers nothing is
said: different work takes different prompts.
"""

from collections.abc import Iterator
from decimal import Decimal

from llmcost.outliers.detector import Detector, NotEvaluable
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.traffic import Traffic, shares, where

_PAIRS = (
    ("feature", "endpoint"),
    ("prompt_name", "prompt_version"),
    ("feature", "prompt_version"),
    ("endpoint", "prompt_version"),
)
_TIMES = 2
_FORMULA = (
    "own cost, less the same calls at the peers' median tokens in and out; low a tenth less than at their upper quartile, "
    "high a tenth more: medians are not known better"
)


def _find(traffic: Traffic) -> Iterator[Finding]:
    pair = next(((work, unit) for work, unit in _PAIRS if {work, unit} <= traffic.present), None)
    if pair is None:
        raise NotEvaluable("no feature with several endpoints, and no prompt with versions, to compare")
    work, unit = pair

    def saved(quantile: str) -> str:
        """What the calls had cost less with the peers' tokens, each kind at its own price."""
        return " + ".join(
            f"cast(own.{kind}_cost as double) * greatest(0, 1 - quantile_cont(peer.{kind}, {quantile}) / nullif(own.{kind}, 0))"
            for kind in ("put", "said")
        )

    query = Query(
        sql=f"""
        with member as (
            select
                {work}, model, {unit},
                median(input_tokens + output_tokens) as tokens, median(input_tokens) as put, median(output_tokens) as said,
                sum(input_cost + read_cost + write_cost) as put_cost, sum(output_cost) as said_cost, cast(sum(calls) as bigint) as calls, sum(cost) as cost,
                min(started_at) as since, max(started_at) as until
            from waste_row
            where status = 'ok' and calls > 0 and cost > 0 and {work} is not null and {unit} is not null
            group by all
            having sum(calls) >= $calls
        )
        select
            own.{work}, own.model, own.{unit}, own.tokens, own.calls, own.cost, own.since, own.until,
            count(*) as peers, median(peer.tokens) as usual,
            {saved("0.75")} as low, {saved("0.5")} as mid
        from member as own
        join member as peer
            on own.{work} = peer.{work} and own.model is not distinct from peer.model and own.{unit} <> peer.{unit}
        group by own.{work}, own.model, own.{unit}, own.tokens, own.calls, own.cost, own.since, own.until, own.put, own.said, own.put_cost, own.said_cost
        having count(*) >= 3 and own.tokens >= $times * median(peer.tokens)
        order by own.cost desc
        """,
        values={"calls": traffic.floors.requests, "times": _TIMES},
    )
    for row in traffic.ask(query):
        if not traffic.material(row["cost"], row["calls"]):
            continue
        scope = tuple((name, row[name]) for name in (unit, work, "model"))
        condition, values = where(scope)
        cost, tokens = row["cost"], row["tokens"]
        low, mid = (Decimal(str(round(row[name], 9))) for name in ("low", "mid"))
        savings, claims = shares(
            cost,
            (low * Decimal("0.9"), mid, mid * Decimal("1.1")),
            _FORMULA,
            Query(
                sql=f"select rid, cost from waste_row where status = 'ok' and calls > 0 and {condition}", values=values
            ),
        )
        yield Finding(
            scope=scope,
            since=row["since"],
            until=row["until"],
            headline=f"{row[unit]} takes {tokens:,.0f} tokens a call, {tokens / row['usual']:.1f} times the median of {row['peers']} peers in {row[work]}",
            evidence={
                "median_tokens": float(tokens),
                "peer_median_tokens": float(row["usual"]),
                "peers": row["peers"],
                "calls": row["calls"],
            },
            requests=row["calls"],
            cost=cost,
            savings=savings,
            confidence="medium",
            basis="what-if",
            todo="compare its prompt with a peer's; shorten instructions, examples and retrieved text",
            verify=traffic.verify(f"report --by {unit} --metrics requests,average_tokens_per_request,cost", scope[1:]),
            query=query,
            claims=claims,
            caveats=("it may do more than its peers",),
        )


detector = Detector(title="an endpoint takes twice the tokens of its peers", find=_find, overlap="prompt")
