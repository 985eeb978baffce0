"""Bifrost's governance: budgets and rate limits that virtual keys, teams, customers and providers refer to.

https://docs.getbifrost.ai/deployment-guides/config-json/governance. `governance` in config.json, `bifrost.governance` in Helm
values. All levels of the hierarchy must allow a request. `1m` is a minute, `1M` is 30 days, or the month of the calendar where
the owner has `calendar_aligned: true`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.config import Dialect, Read
from llmcost.quota.dialects import _reading as reading
from llmcost.quota.dialects._durations import duration_problems, rolling_window
from llmcost.quota.limit import Condition, Limit, Matcher, Unit
from llmcost.quota.shape import Anything, ListOf, Number, Record, Text, mismatches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node
    from llmcost.config.nodes import Text as Source
    from llmcost.quota.problem import Problem

_PLACES = (("governance",), ("bifrost", "governance"))
_RATES: dict[str, Unit] = {"token": "tokens", "request": "requests"}

SHAPE = Record(
    fields={
        "budgets": ListOf(
            item=Record(
                fields={"id": Text(), "max_limit": Number(), "reset_duration": Text()},
                required=("id", "max_limit", "reset_duration"),
                open=True,
            )
        ),
        "rate_limits": ListOf(
            item=Record(
                fields={
                    "id": Text(),
                    "token_max_limit": Number(whole=True),
                    "token_reset_duration": Text(),
                    "request_max_limit": Number(whole=True),
                    "request_reset_duration": Text(),
                },
                required=("id",),
                open=True,
            )
        ),
        "virtual_keys": Anything(),
    },
    open=True,
)
_OWNERS = {
    "virtual_keys": "virtualaccount", "virtualKeys": "virtualaccount", "teams": "team", "customers": "customer",
    "providers": "provider",
}  # fmt: skip
_OWN = {"virtual_key_id": "virtualaccount", "team_id": "team", "customer_id": "customer"}
"""How a budget names its owner itself."""

_Owner = tuple[str, str]
"""Kind and name."""


def claims(root: Node) -> bool:
    """Whether a document has governance with budgets or rate limits."""
    return any(
        node.get(key) is not None
        for node in (root.get(*path) for path in _PLACES)
        if node is not None
        for key in ("budgets", "rate_limits", "rateLimits")
    )


def read(documents: tuple[Node, ...], source: Source) -> Read:
    """Budgets and rate limits, for those who refer to them."""
    root = documents[0]
    path = next(path for path in _PLACES if root.get(*path) is not None)
    governance = root.get(*path)
    if governance is None:
        return Read()
    problems: list[Problem] = list(mismatches(governance, SHAPE, "`governance`"))
    owners, calendar = _owners(governance)
    limits: list[Limit] = []
    for key in ("budgets", "rate_limits", "rateLimits"):
        listed = governance.get(key)
        for number, item in enumerate(listed.items if listed is not None else ()):
            name = reading.scalar(item, "id")
            where = (*path, key, number)
            # Nobody known refers to it, or several kinds do: it is a thing of its own, and compared with nothing.
            alone = Matcher(conditions=(Condition(dimension=key, values=frozenset({name or str(number)})),))
            mine = owners.get((key[:1], name or ""), []) + _own(item)
            aligned = _true(item.get("calendar_aligned")) or any(one in calendar for one in mine)
            match = _matcher(mine) or alone
            for found in _limits(len(limits), where, item, match, budget=key == "budgets", aligned=aligned):
                problems += duration_problems(found.places.get("unit"), "1M", name, minutes=key != "budgets")
                limits.append(found)
    return Read(limits=tuple(limits), problems=tuple(problems))


def _limits(
    number: int, path: tuple[str | int, ...], item: Node, match: Matcher, *, budget: bool, aligned: bool
) -> Iterator[Limit]:
    parts: list[tuple[str, str, Unit]] = [("max_limit", "reset_duration", "cost")]
    if not budget:
        parts = [(f"{word}_max_limit", f"{word}_reset_duration", unit) for word, unit in _RATES.items()]
    for amount, duration, unit in parts:
        node = item.get(amount)
        if node is None or node.is_null:
            continue
        yield Limit(
            id=reading.scalar(item, "id"),
            rule=number,
            path=path,
            match=match,
            unit=unit,
            amount=reading.amount_of(node),
            window=rolling_window(reading.scalar(item, duration), aligned=aligned),
            charge="pre" if unit == "requests" else "post",
            kind="budget" if budget else "rate",
            node=item,
            places=reading.places(item, id="id", amount=amount, unit=duration),
        )


def _owners(governance: Node) -> tuple[dict[tuple[str, str], list[_Owner]], set[_Owner]]:
    """Whom each budget or rate limit is for, by its letter and id; and the owners aligned to the calendar."""
    found: dict[tuple[str, str], list[_Owner]] = {}
    calendar: set[_Owner] = set()
    for key, kind in _OWNERS.items():
        for item in reading.items_of(governance.get(key)):
            name = reading.scalar(item, "id") or reading.scalar(item, "name")
            if name is None:
                continue
            if _true(item.get("calendar_aligned")):
                calendar.add((kind, name))
            for letter, reference in (("b", "budget_id"), ("r", "rate_limit_id")):
                referred = reading.scalar(item, reference)
                if referred is not None:
                    found.setdefault((letter, referred), []).append((kind, name))
    return found, calendar


def _own(item: Node) -> list[_Owner]:
    return [(kind, name) for key, kind in _OWN.items() if (name := reading.scalar(item, key)) is not None]


def _matcher(owners: list[_Owner]) -> Matcher | None:
    """The requests of any of some owners; None where they are of several kinds, or there is none."""
    kinds = {kind for kind, _ in owners}
    if len(kinds) != 1:
        return None
    kind = kinds.pop()
    subject = kind in {"virtualaccount", "team"}
    values = frozenset(f"{kind}:{name}" if subject else name for _, name in owners)
    return Matcher(conditions=(Condition(dimension="subject" if subject else kind, values=values),))


def _true(node: Node | None) -> bool:
    return node is not None and node.value is True


dialect = Dialect(
    title="Bifrost governance",
    semantics="all-must-pass",
    claims=claims,
    read=read,
    shape=Record(fields={"governance": SHAPE}, open=True),
    unique_ids=False,
)
