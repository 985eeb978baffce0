"""Calls that think far more than they say: reasoning costs five times what the visible answer does."""

from collections.abc import Iterator

from llmcost.outliers.detector import Detector
from llmcost.outliers.finding import Finding, Query
from llmcost.outliers.groups import grouped
from llmcost.outliers.traffic import Traffic

_TIMES = 5
_QUERY = Query(
    sql="""
    select rid, reasoning_cost * 0.25 as low, reasoning_cost * 0.4 as mid, reasoning_cost * 0.7 as high
    from waste_row
    where reasoning_tokens > 0 and status = 'ok'
    """
)


def _find(traffic: Traffic) -> Iterator[Finding]:
    by = [*traffic.by_task(), "model"]
    more = {
        "thought": "sum(reasoning_tokens)",
        "said": "sum(output_tokens - reasoning_tokens)",
        "reasoning": "sum(reasoning_cost)",
    }
    for group in grouped(traffic, "waste_reasoning", _QUERY, by, more):
        thought, said = int(group.more["thought"]), int(group.more["said"])
        if thought < _TIMES * said or not traffic.material(group.more["reasoning"], group.requests):
            continue
        yield group.finding(
            headline=f"{group.name} pays for {thought / max(said, 1):.0f} tokens of reasoning for each token of answer",
            evidence={"reasoning_tokens": thought, "answer_tokens": said, "reasoning_cost": group.more["reasoning"]},
            formula="reasoning cost: low a quarter of it, mid 40 %, high 70 %, as a lower effort may need",
            confidence="low",
            basis="what-if",
            todo="try a lower reasoning effort or budget, and judge the answers",
            verify=traffic.verify(
                "report --by week --metrics cost,reasoning_cost,reasoning_output_tokens", group.scope
            ),
            query=_QUERY,
            caveats=("hard questions with short answers need the thinking",),
        )


detector = Detector(title="reasoning costs far more than the answers", find=_find, overlap="prompt")
