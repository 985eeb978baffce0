"""TrueFoundry rate limits, first generation: `type: gateway-rate-limiting-config`.

The first rule that matches decides; every rule that matches counts. The gateway stops reading these files on 2026-12-15
(https://www.truefoundry.com/docs/change-announcements/deprecation-of-rate-limiting-v1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.config import Dialect, Read
from llmcost.quota.dialects import _truefoundry as tfy
from llmcost.quota.problem import Problem
from llmcost.quota.shape import Anything, ListOf, Number, Record, Text

if TYPE_CHECKING:
    from llmcost.config.nodes import Node
    from llmcost.config.nodes import Text as Source
    from llmcost.quota.limit import Limit

TYPE = "gateway-rate-limiting-config"
_UNITS = tuple(f"{what}_per_{span}" for what in ("requests", "tokens") for span in ("minute", "hour", "day"))

_RULE = Record(
    fields={
        "id": Text(about="Named in the header x-tfy-applied-rules of a refused request."),
        "when": tfy.WHEN,
        "limit_to": Number(whole=True, about="Most requests or tokens per window."),
        "unit": Text(one_of=_UNITS),
        "rate_limit_applies_per": ListOf(
            item=Text(), about="user, model, virtualaccount, metadata.KEY; at most two. Left out: one counter for all."
        ),
        "segments": Anything(about="Before V1."),
    },
    required=("id", "when", "limit_to", "unit"),
)
SHAPE = Record(fields={"name": Text(), "type": Text(one_of=(TYPE,)), "rules": ListOf(item=_RULE)}, required=("rules",))


def read(documents: tuple[Node, ...], source: Source) -> Read:
    """The rules as limits."""
    return tfy.read_rules(documents[0], SHAPE, _rule)


def _rule(number: int, rule: Node, rule_id: str | None) -> tuple[list[Problem], Limit]:
    problems = list(tfy.per_problems(rule.get("rate_limit_applies_per"), 2, (), rule_id))
    if (segments := rule.key("segments")) is not None:
        problems.append(
            Problem(
                code="QD603",
                at=segments,
                message="`segments` is how rules said whom they match before V1",
                help="write `when: {subjects: [...]}`",
                rule_id=rule_id,
            )
        )
    windows = {span: tfy.sliding(span) for span in ("minute", "hour", "day")}
    return problems, tfy.limit_of(number, rule, per="rate_limit_applies_per", windows=windows, kind="rate")


dialect = Dialect(
    title="TrueFoundry rate limits V1",
    semantics="tfy-v1",
    claims=tfy.claims_of(TYPE),
    read=read,
    shape=SHAPE,
    ordered=True,
    unique_ids=True,
    types=(TYPE,),
)
