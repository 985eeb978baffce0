"""Which rules to suggest: one for all users, or one for each team, plan or model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmcost.config.quoting import quoted, scalar
from llmcost.domain.errors import UsageError
from llmcost.ledger.composition import Query, Selection
from llmcost.ledger.identifiers import json_pointer, quote_identifier
from llmcost.ledger.keys import tag_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from llmcost.ledger.connection import Connection

Per = Literal["user_id", "customer_id", "virtual_account", "team", "plan", "model"]
PER: tuple[Per, ...] = ("user_id", "customer_id", "virtual_account", "team", "plan", "model")
DialectName = Literal["tfy-v1", "llmcost"]
DIALECTS: tuple[DialectName, ...] = ("tfy-v1", "llmcost")
Unit = Literal["requests", "tokens", "cost"]
UNITS: tuple[Unit, ...] = ("requests", "tokens", "cost")
Span = Literal["minute", "hour", "day"]
SPANS: tuple[Span, ...] = ("minute", "hour", "day")

_MOST_RULES = 100
_WHOSE = {"user_id": "user", "virtual_account": "virtualaccount"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One rule without its number."""

    id: str
    condition: tuple[str, str] | None
    """Column and value; None: every request."""
    per: str | None
    """Column to count by; None: one counter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a config is written."""

    dialect: DialectName
    unit: Unit
    span: Span
    keys: Mapping[str, str]
    """The metadata key behind a column, as callers send it."""


def drafts(connection: Connection, selection: Selection, per: Per) -> tuple[Draft, ...]:
    """The rules to suggest for one way to count; those of teams, plans and models by number of requests, most first.

    Raises UsageError when no request says whose it is.
    """
    values = _values(connection, selection, per)
    if not values:
        raise UsageError(f"no request of this period has a {per}", hint=f"count by another of {', '.join(PER)}")
    if per in {"user_id", "customer_id", "virtual_account"}:
        return (Draft(id=f"per-{per.removesuffix('_id').replace('_', '-')}", condition=None, per=per),)
    owner = None
    if per == "plan":
        owner = "customer_id" if _values(connection, selection, "customer_id") else "user_id"
    found: dict[str, Draft] = {}
    for value in values[:_MOST_RULES]:
        name = f"{per}-{re.sub(r'[^A-Za-z0-9._-]+', '-', value).strip('-').lower() or 'unnamed'}"
        while name in found:
            name += "-"
        found[name] = Draft(id=name, condition=(per, value), per=owner)
    return tuple(found.values())


def metadata_keys(
    connection: Connection, selection: Selection, attribution: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """The tag most requests carry, of those a column is filled from; the column's own name where none is there."""
    present = set(tag_keys(connection))
    found = {}
    for column, keys in attribution.items():
        candidates = [key for key in keys if key in present]
        if len(candidates) > 1:
            query = Query()
            source = query.rows(connection, selection, [])
            counts = ", ".join(
                f"count(json_extract_string(tags, {query.bind(json_pointer(key))}))" for key in candidates
            )
            row = connection.execute(f"{source} select {counts} from keyed", query.parameters).fetchone() or ()
            candidates.sort(key=dict(zip(list(candidates), row, strict=True)).__getitem__, reverse=True)
        found[column] = candidates[0] if candidates else column
    return found


def written(rules: Sequence[tuple[Draft, Decimal, Sequence[str]]], form: Form, head: Sequence[str] = ()) -> str:
    """A config with these rules, each with its amount and comments above it."""
    lines = [f"# {text}" for text in head]
    if form.dialect == "llmcost":
        lines.append("limits:")
    else:
        kind = "gateway-budget-config" if form.unit == "cost" else "gateway-rate-limiting-config"
        lines += ["name: suggested-limits", f"type: {kind}", "rules:"]
    for draft, amount, comments in rules:
        lines += [f"  # {text}" for text in comments]
        lines += _llmcost(draft, amount, form) if form.dialect == "llmcost" else _truefoundry(draft, amount, form)
    return "\n".join(lines) + "\n"


def _truefoundry(draft: Draft, amount: Decimal, form: Form) -> list[str]:
    when = "{}"
    if draft.condition is not None:
        column, value = draft.condition
        if column == "team":
            when = f"{{subjects: [{quoted(f'team:{value}')}]}}"
        elif column == "model":
            when = f"{{models: [{quoted(value)}]}}"
        else:
            when = f"{{metadata: {{{quoted(form.keys.get(column, column))}: {quoted(value)}}}}}"
    lines = [
        f"  - id: {quoted(draft.id)}",
        f"    when: {when}",
        f"    limit_to: {amount:f}",
        f"    unit: {form.unit}_per_{form.span}",
    ]
    if draft.per is not None:
        key = _WHOSE.get(draft.per) or f"metadata.{form.keys.get(draft.per, draft.per)}"
        lines.append(f"    {'budget' if form.unit == 'cost' else 'rate_limit'}_applies_per: [{scalar(key)}]")
    return lines


def _llmcost(draft: Draft, amount: Decimal, form: Form) -> list[str]:
    lines = [f"  - id: {quoted(draft.id)}"]
    if draft.condition is not None:
        column, value = draft.condition
        lines.append(f"    when: {{{column}: [{quoted(value)}]}}")
    unit = "usd" if form.unit == "cost" else form.unit
    window = "day" if form.unit == "cost" else {"minute": "1m", "hour": "1h", "day": "1d"}[form.span]
    lines += [f"    limit: {amount:f}", f"    unit: {unit}", f"    window: {window}"]
    return [*lines, *([] if draft.per is None else [f"    per: [{draft.per}]"])]


def _values(connection: Connection, selection: Selection, column: str) -> list[str]:
    query = Query()
    source = query.rows(connection, selection, [])
    name = "coalesce(request_model, model)" if column == "model" else quote_identifier(column)
    rows = connection.execute(
        f"{source} select {name} as value from keyed where value is not null group by value order by count(*) desc, value",
        query.parameters,
    ).fetchall()
    return [row[0] for row in rows]
