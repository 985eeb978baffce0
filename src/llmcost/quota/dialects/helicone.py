"""Helicone's rate limit policy, a request header: `Helicone-RateLimit-Policy: 1000;w=3600;u=cents;s=user`.

https://docs.helicone.ai/features/advanced-usage/custom-rate-limits. Read wherever a mapping has that key, such as the default
headers of a client. `u` is request or cents, `s` is user or a property; without it one counter serves all.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from llmcost.quota.config import Dialect, Read
from llmcost.quota.limit import Condition, Limit, Matcher, Window
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node
    from llmcost.config.nodes import Text as Source

_HEADER = "helicone-ratelimit-policy"
_POLICY = re.compile(
    r'\s*"?(?P<quota>\d+(?:\.\d+)?)\s*;\s*w=(?P<window>\d+)(?:\s*;\s*u=(?P<unit>request|cents))?(?:\s*;\s*s=(?P<segment>[\w\-]+))?"?\s*',
    re.ASCII,
)
_SHORTEST = 60
"""Windows below a minute are refused."""


def claims(root: Node) -> bool:
    """Whether a document has the header anywhere."""
    return next(_headers(root), None) is not None


def read(documents: tuple[Node, ...], source: Source) -> Read:
    """Every such header as a limit."""
    limits: list[Limit] = []
    problems: list[Problem] = []
    for number, node in enumerate(_headers(documents[0])):
        found = _POLICY.fullmatch(node.text)
        if found is None:
            problems.append(
                Problem(
                    code="QS206",
                    at=node,
                    message=f"`{node.text}` is no rate limit policy",
                    help="QUOTA;w=SECONDS, then ;u=request or ;u=cents, then ;s=user or ;s=PROPERTY",
                )
            )
            continue
        seconds = int(found["window"])
        if seconds < _SHORTEST:
            problems.append(
                Problem(code="QS205", at=node, message=f"the window is {seconds} seconds; the shortest is {_SHORTEST}")
            )
        limits.append(_limit(number, node, found, seconds))
    return Read(limits=tuple(limits), problems=tuple(problems))


def _limit(number: int, node: Node, found: re.Match[str], seconds: int) -> Limit:
    cents = found["unit"] == "cents"
    segment = found["segment"]
    span = {60: "minute", 3_600: "hour", 86_400: "day", 604_800: "week"}.get(seconds)
    return Limit(
        id=None,
        rule=number,
        path=("Helicone-RateLimit-Policy", number),
        match=Matcher(conditions=(Condition(dimension="client", values=frozenset({str(number)})),)),
        per=() if segment is None else ("user",) if segment == "user" else (f"metadata.{segment}",),
        unit="cost" if cents else "requests",
        amount=Decimal(found["quota"]) / 100 if cents else Decimal(found["quota"]),
        window=Window(kind="sliding_log", seconds=seconds, span=span),
        charge="post" if cents else "pre",
        node=node,
        places={"amount": node},
    )


def _headers(root: Node) -> Iterator[Node]:
    for node in root.walk():
        if node.kind == "mapping":
            for key, value in node.own:
                if key.kind == value.kind == "scalar" and key.text.lower() == _HEADER:
                    yield value


dialect = Dialect(title="Helicone policy", semantics="all-must-pass", claims=claims, read=read)
