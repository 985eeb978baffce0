"""What TrueFoundry's V1 configs share: the rules, whom they match, what they count by.

Types: https://pypi.org/project/truefoundry-sdk/ 0.6.0, `rate_limit_*.py` and `budget_*.py`. Its models let unknown keys
pass, so `when.modles` is accepted and matches everything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmcost.quota.config import Read
from llmcost.quota.dialects._reading import amount_of, places, scalar
from llmcost.quota.limit import SECONDS, Alerts, Charge, Condition, Limit, Matcher, Unit, Window
from llmcost.quota.problem import Problem, replaced
from llmcost.quota.shape import ListOf, MapOf, Record, Text, mismatches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from llmcost.config.nodes import Node

PREFIXES = ("user", "team", "virtualaccount")
_OLD = {"virtual-account": "virtualaccount", "virtual_account": "virtualaccount", "serviceaccount": "virtualaccount"}
_OLDEST = ("serviceaccount", "serviceaccout", "service-account")
_KEY = re.compile(r"metadata\.[A-Za-z0-9_.\-]+")
UNITS: dict[str, Unit] = {"requests": "requests", "tokens": "tokens", "cost": "cost", "tool_calls": "tool_calls"}

WHEN = Record(
    fields={
        "subjects": ListOf(item=Text(lenient=True, about="user:EMAIL, team:NAME or virtualaccount:NAME")),
        "models": ListOf(item=Text(about="model as requested, such as openai-main/gpt-4o")),
        "metadata": MapOf(
            value=Text(strict=True), compared=True, about="values of the X-TFY-METADATA header, all of them"
        ),
    },
    nothing_means="which matches every request",
    about="Which requests: all that is said here holds; {} is every request.",
)


def span_of(unit: str) -> tuple[Unit, str] | None:
    """`tokens_per_hour` as what is counted and the span of time; None when it is neither."""
    counted, found, span = unit.partition("_per_")
    if not found or counted not in UNITS or span not in {*SECONDS, "month", "quarter"}:
        return None
    return UNITS[counted], span


def sliding(span: str) -> Window:
    """A rate limit's window: 6 buckets that slide.

    60 seconds in buckets of 10 is documented (https://www.truefoundry.com/blog, 2026-09-28); for longer windows the width is
    not, so the same number of buckets is taken. No gateway slides over months: those are the calendar's.
    """
    if span not in SECONDS:
        return calendar(span)
    return Window(kind="sliding_buckets", seconds=SECONDS[span], span=span, buckets=6)


def calendar(span: str) -> Window:
    """A budget's window: UTC days, weeks from Monday, months, quarters."""
    return Window(kind="calendar", seconds=SECONDS.get(span), span=span)


def charge_of(unit: Unit) -> Charge:
    """Requests count before the call, tokens and cost are known only after it."""
    return "pre" if unit in {"requests", "tool_calls"} else "post"


def rules_of(root: Node) -> Iterator[tuple[int, Node]]:
    """Place and node of every rule that is a mapping."""
    rules = root.get("rules")
    for number, rule in enumerate(rules.items if rules is not None else ()):
        if rule.kind == "mapping":
            yield number, rule


def claims_of(name: str) -> Callable[[Node], bool]:
    """Whether a document says that it is of this type."""
    return lambda root: scalar(root, "type") == name


def read_rules(
    root: Node, shape: Record, read_rule: Callable[[int, Node, str | None], tuple[Iterable[Problem], Limit]]
) -> Read:
    """The rules as limits, by what reads one from its place, its node and its id."""
    limits = []
    problems = list(mismatches(root, shape, "the config"))
    for number, rule in rules_of(root):
        rule_id = scalar(rule, "id")
        found, limit = read_rule(number, rule, rule_id)
        problems += [*subject_problems(rule, rule_id), *found]
        limits.append(limit)
    return Read(limits=tuple(limits), problems=tuple(problems), name=scalar(root, "name"))


def matcher_of(rule: Node) -> Matcher:
    """What `when` says."""
    when = rule.get("when")
    if when is None or when.kind != "mapping":
        return Matcher()
    conditions = []
    for key, dimension in (("subjects", "subject"), ("models", "model")):
        node = when.get(key)
        found = () if node is None else tuple(_canonical(text, dimension) for text in _texts(node))
        if found and "*" not in found:
            conditions.append(Condition(dimension=dimension, values=frozenset(found)))
    metadata = when.get("metadata")
    if metadata is not None and metadata.kind == "mapping":
        conditions += [
            Condition(dimension=f"metadata.{name}", values=frozenset({value.text}))
            for name, (_, value) in metadata.entries.items()
            if value.kind == "scalar"
        ]
    return Matcher(conditions=tuple(conditions))


def subject_problems(rule: Node, rule_id: str | None) -> Iterator[Problem]:
    """Subjects that no caller has."""
    node = rule.get("when", "subjects")
    for item in () if node is None else node.items:
        yield from _subject(item, rule_id)


def per_of(node: Node | None) -> tuple[str, ...]:
    """What a rule counts by."""
    return () if node is None else tuple(dict.fromkeys(node.texts))


def per_problems(node: Node | None, most: int, extra: tuple[str, ...], rule_id: str | None) -> Iterator[Problem]:
    """Keys that cannot be counted by, and too many of them."""
    if node is None or node.kind != "sequence":
        return
    known = ("user", "model", "virtualaccount", *extra)
    for item in node.items:
        if item.kind != "scalar":
            continue
        if item.text not in known and not _KEY.fullmatch(item.text):
            plausible = re.fullmatch(r"[A-Za-z0-9_\-]+", item.text) is not None
            near = _OLD.get(item.text) or (f"metadata.{item.text}" if plausible else None)
            yield Problem(
                code="QS209",
                at=item,
                message=f"`{item.text}` is nothing requests can be counted by",
                help=f"did you mean `{near}`?" if near else f"one of {', '.join(known)} or metadata.KEY",
                rule_id=rule_id,
            )
    if len(node.items) > most:
        yield Problem(
            code="QS210",
            at=node,
            message=f"counted by {len(node.items)} keys; the gateway takes at most {most}",
            help="split the rule",
            rule_id=rule_id,
        )


def alerts_of(rule: Node) -> Alerts | None:
    """Thresholds of a budget's alerts."""
    node = rule.get("alerts", "thresholds")
    if node is None:
        return None
    values = (amount_of(item) for item in node.items)
    return Alerts(thresholds=tuple(value for value in values if value is not None and value.is_finite()))


def limit_of(
    number: int,
    rule: Node,
    *,
    per: str,
    windows: dict[str, Window],
    kind: str,
) -> Limit:
    """A V1 rule; one whose unit is unknown is taken as requests a minute, so that other checks still see whom it matches."""
    unit, span = span_of(scalar(rule, "unit") or "") or ("requests", "minute")
    audit = rule.get("audit_mode")
    return Limit(
        id=scalar(rule, "id"),
        rule=number,
        path=("rules", number),
        match=matcher_of(rule),
        per=per_of(rule.get(per)),
        unit=unit,
        amount=amount_of(rule.get("limit_to")) if span_of(scalar(rule, "unit") or "") else None,
        window=windows.get(span) or calendar(span),
        charge=charge_of(unit),
        mode="audit" if audit is not None and audit.value is True else "enforce",
        kind="budget" if kind == "budget" else "rate",
        alerts=alerts_of(rule),
        node=rule,
        places=places(
            rule, id="id", when="when", amount="limit_to", unit="unit", per=per, mode="audit_mode", alerts="alerts"
        ),
    )


def _texts(node: Node) -> tuple[str, ...]:
    """Texts of a list of subjects; `- user: bob` is a mapping to YAML and was meant as a text."""
    found = []
    for item in node.items or (node,):
        if item.kind == "scalar" and not item.is_null:
            found.append(item.text)
        elif item.kind == "mapping":
            found += [f"{key.text}:{value.text}" for key, value in item.own if value.kind == "scalar"]
    return tuple(found)


def _canonical(text: str, dimension: str) -> str:
    if dimension != "subject":
        return text
    prefix, found, rest = text.partition(":")
    return f"{_OLD.get(prefix, prefix)}:{rest.strip()}" if found else text


def _subject(item: Node, rule_id: str | None) -> Iterator[Problem]:
    if item.kind == "mapping":
        pair = next(((key, value) for key, value in item.own if value.kind == "scalar"), None)
        wanted = "" if pair is None else f"{pair[0].text}:{pair[1].text}"
        yield Problem(
            code="QS208",
            at=item,
            message="a subject must be text; a blank after the colon makes it a mapping",
            help=f'write "{wanted}"' if wanted else None,
            rule_id=rule_id,
            change=replaced(item, f'"{wanted}"', f'write "{wanted}"', safe=False) if wanted else None,
        )
        return
    if item.kind != "scalar" or item.text == "*":
        return
    prefix, found, rest = item.text.partition(":")
    if prefix in _OLDEST:
        yield Problem(
            code="QD603", at=item, message=f"`{prefix}:` is how subjects were written before V1", rule_id=rule_id,
            help=f"write virtualaccount:{rest}", change=replaced(item, f'"virtualaccount:{rest}"', "write the prefix of V1", safe=False),
        )  # fmt: skip
        return
    if found and prefix in PREFIXES and rest and not rest[0].isspace():
        return
    wanted = f"{_OLD.get(prefix, prefix)}:{rest.strip()}" if found else f"user:{item.text}" if "@" in item.text else ""
    usable = wanted.partition(":")[0] in PREFIXES and bool(wanted.partition(":")[2])
    yield Problem(
        code="QS208",
        at=item,
        message=f"`{item.text}` is no subject, so nobody matches it",
        help=f'did you mean "{wanted}"?' if usable else "subjects are user:EMAIL, team:NAME and virtualaccount:NAME",
        rule_id=rule_id,
        change=replaced(item, f'"{wanted}"', f'write "{wanted}"', safe=False) if usable else None,
    )
