"""Our own `limits:` in llmcost.yaml: limits to try on past requests, or to check before a gateway has them.

    limits:
      - id: free-tier
        when: {plan: free, model: ["openai/*"]}
        limit: 1000
        unit: requests        # tokens, input_tokens, output_tokens, usd, concurrency
        window: 1d            # 60s, 15m, 1h, 7d; or day, week, month, quarter, year, lifetime
        per: [customer_id]    # one counter each; none: one for all
        algorithm: sliding    # fixed, buckets, counter, anchored, gcra
        mode: enforce         # audit
        warn_at: [80]         # percent

Every limit that matches must allow a request. `when` names columns of a request and `tags.KEY`; `*` stands for any text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmcost.domain.period import is_time_zone
from llmcost.domain.text import nearest
from llmcost.quota.config import Dialect, Read
from llmcost.quota.dialects import _reading as reading
from llmcost.quota.limit import SECONDS, Alerts, Condition, Limit, Matcher, Unit, Window, WindowKind
from llmcost.quota.problem import Problem
from llmcost.quota.replay.columns import known_names, knows
from llmcost.quota.shape import ListOf, MapOf, Number, Record, Text, mismatches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node
    from llmcost.config.nodes import Text as Source

_UNITS: dict[str, Unit] = {
    "requests": "requests", "tokens": "tokens", "input_tokens": "input_tokens", "output_tokens": "output_tokens",
    "usd": "cost", "concurrency": "concurrency",
}  # fmt: skip
_ALGORITHMS: dict[str, WindowKind] = {
    "fixed": "fixed", "sliding": "sliding_log", "buckets": "sliding_buckets", "counter": "sliding_counter",
    "anchored": "anchored", "gcra": "gcra",
}  # fmt: skip
_CALENDAR = ("day", "week", "month", "quarter", "year")
_LENGTH = re.compile(r"(?!0+\D)(\d{1,6})([smhdw])", re.ASCII)
_LETTERS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}

SHAPE = ListOf(
    item=Record(
        fields={
            "id": Text(about="How reports name it."),
            "when": MapOf(
                value=ListOf(item=Text(strict=True), single=True),
                compared=True,
                about="Column of a request to value or values.",
            ),
            "limit": Number(about="How much of the unit in a window."),
            "unit": Text(one_of=tuple(_UNITS)),
            "window": Text(about="60s, 15m, 1h, 7d, day, week, month, quarter, year or lifetime."),
            "per": ListOf(item=Text(), single=True, about="Columns to count by; none: one counter for all."),
            "algorithm": Text(one_of=tuple(_ALGORITHMS)),
            "mode": Text(one_of=("enforce", "audit")),
            "warn_at": ListOf(item=Number(), about="Percent of the limit."),
            "tz": Text(),
        },
        required=("id", "limit", "unit"),
    )
)


def claims(root: Node) -> bool:
    """Whether a document has `limits:` that look like ours."""
    limits = root.get("limits")
    return (
        root.get("type") is None
        and limits is not None
        and limits.kind == "sequence"
        and any(item.get("limit") is not None or item.get("unit") is not None for item in limits.items)
    )


def read(documents: tuple[Node, ...], source: Source) -> Read:
    """The limits."""
    listed = documents[0].get("limits")
    if listed is None:
        return Read()
    problems = list(mismatches(listed, SHAPE, "`limits`"))
    limits = []
    for number, item in enumerate(listed.items):
        if item.kind == "mapping":
            problems += _window_problems(item)
            problems += _name_problems(item)
            limits.append(_limit(number, item))
    return Read(limits=tuple(limits), problems=tuple(problems))


def _limit(number: int, item: Node) -> Limit:
    unit = _UNITS.get(reading.scalar(item, "unit") or "", "requests")
    thresholds = [
        amount for one in reading.items_of(item.get("warn_at")) if (amount := reading.amount_of(one)) is not None
    ]
    per = item.get("per")
    budget = unit == "cost"
    return Limit(
        id=reading.scalar(item, "id"),
        rule=number,
        path=("limits", number),
        match=Matcher(conditions=tuple(_conditions(item))),
        per=() if per is None else per.texts,
        unit=unit,
        amount=reading.amount_of(item.get("limit")),
        window=_window(item, unit),
        charge="pre" if unit in {"requests", "concurrency"} else "post",
        mode="audit" if reading.scalar(item, "mode") == "audit" else "enforce",
        kind="budget" if budget else "rate",
        alerts=Alerts(thresholds=tuple(thresholds)) if thresholds else None,
        node=item,
        places=reading.places(
            item, id="id", when="when", amount="limit", unit="unit", per="per", mode="mode", alerts="warn_at"
        ),
    )


def _conditions(item: Node) -> Iterator[Condition]:
    when = item.get("when")
    for name, (_, node) in (when.entries if when is not None else {}).items():
        if node.texts and "*" not in node.texts:
            yield Condition(dimension=name, values=frozenset(node.texts))


def _window(item: Node, unit: Unit) -> Window:
    if unit == "concurrency":
        return Window(kind="instant")
    text = reading.scalar(item, "window") or "lifetime"
    tz = reading.scalar(item, "tz") or "UTC"
    if text in _CALENDAR:
        return Window(kind="calendar", seconds=SECONDS.get(text), span=text, tz=tz)
    found = _LENGTH.fullmatch(text)
    if found is None:
        return Window(kind="lifetime" if text == "lifetime" else "unknown")
    kind = _ALGORITHMS.get(reading.scalar(item, "algorithm") or "sliding", "sliding_log")
    count, span = int(found[1]), _LETTERS[found[2]]
    return Window(
        kind=kind,
        seconds=count * SECONDS[span],
        span=span if count == 1 else None,
        buckets=6 if kind == "sliding_buckets" else None,
    )


def _window_problems(item: Node) -> Iterator[Problem]:
    zone = item.get("tz")
    if zone is not None and zone.kind == "scalar" and not zone.is_null and not is_time_zone(zone.text):
        yield Problem(
            code="QS205",
            at=zone,
            message=f"`tz` is `{zone.text}`, which is no time zone",
            help="use a name such as UTC, Europe/Berlin or America/New_York",
            rule_id=reading.scalar(item, "id"),
        )
    node = item.get("window")
    if node is None or node.kind != "scalar" or node.is_null:
        return
    if reading.scalar(item, "unit") == "concurrency":
        yield Problem(
            code="QS205",
            at=node,
            message="`concurrency` counts requests under way, at any instant: it has no window",
            help="leave `window` out; `unit: requests` counts those of a stretch of time",
            rule_id=reading.scalar(item, "id"),
            severity="warning",
        )
    elif node.text not in {*_CALENDAR, "lifetime"} and not _LENGTH.fullmatch(node.text):
        yield Problem(
            code="QS205",
            at=node,
            message=f"`window` is `{node.text}`, which is no length of time",
            help=f"a number and s, m, h, d or w; or one of {', '.join(_CALENDAR)} or lifetime",
            rule_id=reading.scalar(item, "id"),
        )


def _name_problems(item: Node) -> Iterator[Problem]:
    """Conditions on, and counters by, what the ledger knows of no request."""
    when, per = item.get("when"), item.get("per")
    keys = [key for key, _ in when.entries.values()] if when is not None else []
    named = [("QS203", "no request has a", key) for key in keys]
    named += [
        ("QS209", "requests cannot be counted by", node) for node in reading.items_of(per) or ((per,) if per else ())
    ]
    for code, what, node in named:
        if node.kind == "scalar" and not node.is_null and not knows(node.text):
            yield Problem(
                code=code,
                at=node,
                message=f"{what} `{node.text}`",
                help=nearest(node.text, sorted(known_names())) or "a column of a request, or tags.KEY",
                rule_id=reading.scalar(item, "id"),
            )


dialect = Dialect(
    title="llmcost limits",
    semantics="all-must-pass",
    claims=claims,
    read=read,
    shape=Record(fields={"limits": SHAPE}, open=True),
    unique_ids=True,
    alerts=True,
)
