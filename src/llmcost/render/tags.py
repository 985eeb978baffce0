"""Tags as tables, Markdown and JSON: which there are, what they attribute, which are stale, what they mean."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from llmcost.config.tags import TagRules
from llmcost.domain.credentials import masked_shapes
from llmcost.domain.text import plural
from llmcost.ledger.registry import Kind
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.json import dumped
from llmcost.render.markdown import escape, grid_table
from llmcost.render.numbers import human, money, money_places, plain
from llmcost.render.surface import Surface
from llmcost.render.visible import UNATTRIBUTED, label
from llmcost.reports.record import Column
from llmcost.tags.coverage import Coverage, Row
from llmcost.tags.stale import Stale
from llmcost.tags.usage import KeyUse, Usage

FORMATS = ("table", "json", "markdown")
_EXAMPLES = 3
_LONGEST = 24


def list_table(found: Usage, currency: str, surface: Surface) -> str:
    """Every key with its share of requests and cost."""
    if not found.keys:
        return "No request carries a tag.\n"
    columns = (
        _key("key", "Tag"),
        _number("requests", "Requests", "percent"),
        _number("cost", "Cost", "percent"),
        _number("values", "Values", "count"),
        _key("fills", "Fills"),
        _key("first", "First"),
        _key("last", "Last"),
        _key("examples", "Examples"),
    )
    rows = [
        (
            _name(one.key),
            _percent(one.requests, found.requests),
            _percent(one.cost, found.cost),
            human(one.distinct, "count", currency),
            one.fills or "",
            f"{one.first:%Y-%m-%d}",
            f"{one.last:%Y-%m-%d}",
            ", ".join(_name(value.value, _LONGEST) for value in one.values[:_EXAMPLES]),
        )
        for one in found.keys
    ]
    lines = [f"{plural(found.requests, 'request')}, {_money(found.known_cost, currency)}; shares are of these."]
    if found.key_count > len(found.keys):
        lines.append(f"{len(found.keys):,} of {found.key_count:,} keys shown.")
    return _drawn(columns, rows, lines, surface, ("examples", "fills", "first"))


def list_json(found: Usage, currency: str) -> str:
    """The stable document `llmcost/tags/1`."""
    return _dumped(
        {
            "schema": "llmcost/tags/1",
            "currency": currency,
            "requests": found.requests,
            "unpriced_requests": found.unpriced,
            "cost": _amount(found.cost),
            "tags": [_key_entry(one, found) for one in found.keys],
            "key_count": found.key_count,
        }
    )


def coverage_table(found: Coverage, currency: str, surface: Surface) -> str:
    """A row for each dimension; with groups a row for each of them and a column for each dimension."""
    return _grouped_table(found, currency, surface) if found.by else _dimension_table(found, currency, surface)


def coverage_markdown(found: Coverage, currency: str) -> str:
    """The same as a Markdown table."""
    return grid_table(_grouped(found, currency) if found.by else _grid(*_dimensions(found, currency))) + "\n"


def coverage_json(found: Coverage, currency: str) -> str:
    """The stable document `llmcost/tags-coverage/1`."""

    def entry(row: Row) -> dict[str, Any]:
        return {
            **dict(zip(found.by, row.keys, strict=True)),
            "requests": row.requests,
            "unpriced_requests": row.unpriced,
            "cost": _amount(row.cost),
            "attributed": {
                name: {
                    "requests": one.requests,
                    "requests_ratio": _ratio(one.requests, row.requests),
                    "cost": None if row.cost is None else plain(one.cost),
                    "cost_ratio": _ratio(one.cost, row.cost),
                    "unattributed_cost": None if row.cost is None else plain(row.cost - one.cost),
                }
                for name, one in zip(found.dimensions, row.attributed, strict=True)
            },
        }

    return _dumped(
        {
            "schema": "llmcost/tags-coverage/1",
            "currency": currency,
            "dimensions": list(found.dimensions),
            "by": list(found.by),
            "rows": [entry(row) for row in found.rows],
            "total": {key: value for key, value in entry(_without_keys(found)).items() if key not in found.by},
        }
    )


def stale_table(found: Sequence[Stale], currency: str, surface: Surface) -> str:
    """What was not met for long."""
    if not found:
        return "No tag is stale.\n"
    columns = (
        _key("key", "Tag"),
        _key("value", "Value"),
        _key("last", "Last seen"),
        _key("first", "First seen"),
        _number("requests", "Requests", "count"),
        _number("cost", "Cost", "money"),
    )
    places = money_places(one.cost for one in found if one.cost is not None)
    rows = [
        (
            _name(one.key),
            "(any)" if one.value is None else _name(one.value, _LONGEST * 2),
            f"{one.last:%Y-%m-%d}",
            f"{one.first:%Y-%m-%d}",
            human(one.requests, "count", currency),
            "unpriced" if one.cost is None else human(one.cost, "money", currency, places=places),
        )
        for one in found
    ]
    return _drawn(columns, rows, [], surface, ("requests", "first"))


def stale_json(found: Sequence[Stale], currency: str, days: int) -> str:
    """The stable document `llmcost/tags-stale/1`."""
    entries = [
        {
            "key": masked_shapes(one.key),
            "value": None if one.value is None else masked_shapes(one.value),
            "last": _instant(one.last),
            "first": _instant(one.first),
            "requests": one.requests,
            "cost": _amount(one.cost),
        }
        for one in found
    ]
    return _dumped({"schema": "llmcost/tags-stale/1", "currency": currency, "days": days, "stale": entries})


def glossary_markdown(rules: TagRules) -> str:
    """The glossary as a document for people."""
    lines = ["# Tags", ""]
    for key, rule in rules.glossary.items():
        lines += [f"## {escape(key)}", ""]
        if rule.description:
            lines += [escape(rule.description), ""]
        facts = []
        if rule.required:
            share = rule.required * 100
            facts.append("required" if rule.required == 1 else f"required on {share.normalize():f}% of requests")
        if rule.values:
            facts.append(f"one of {', '.join(escape(value) for value in rule.values)}")
        if rule.pattern:
            facts.append(f"matches {escape(rule.pattern)}")
        if rule.max_values:
            facts.append(f"at most {rule.max_values:,} values")
        if rule.owner:
            facts.append(f"owner: {escape(rule.owner)}")
        lines += [*(f"- {fact}" for fact in facts), *([""] if facts else [])]
    return "\n".join(lines).rstrip("\n") + "\n"


def glossary_json(rules: TagRules) -> str:
    """The stable document `llmcost/tags-glossary/1`."""
    entries = [
        {
            "key": key,
            "description": rule.description,
            "required": round(float(rule.required), 6),
            "values": list(rule.values),
            "pattern": rule.pattern,
            "max_values": rule.max_values,
            "owner": rule.owner,
        }
        for key, rule in rules.glossary.items()
    ]
    return _dumped({"schema": "llmcost/tags-glossary/1", "tags": entries})


def _key_entry(one: KeyUse, found: Usage) -> dict[str, Any]:
    return {
        "key": masked_shapes(one.key),
        "requests": one.requests,
        "requests_ratio": _ratio(one.requests, found.requests),
        "cost": _amount(one.cost),
        "cost_ratio": _ratio(one.cost, found.cost),
        "values": one.distinct,
        "fills": one.fills,
        "first": _instant(one.first),
        "last": _instant(one.last),
        "examples": [masked_shapes(value.value) for value in one.values[:_EXAMPLES]],
    }


def _dimension_table(found: Coverage, currency: str, surface: Surface) -> str:
    columns, rows = _dimensions(found, currency)
    total = found.total
    lines = [f"{plural(total.requests, 'request')}, {_money(total.known_cost, currency)}; shares are of these."]
    return _drawn(columns, rows, [*lines, *_unpriced(total)], surface, ("requests", "without"))


def _dimensions(found: Coverage, currency: str) -> tuple[tuple[Column, ...], Sequence[tuple[str, ...]]]:
    total = found.total
    columns = (
        _key("dimension", "Dimension"),
        _number("requests", "Requests", "percent"),
        _number("share", "Cost", "percent"),
        _number("cost", "Attributed", "money"),
        _number("without", "Unattributed", "money"),
    )
    whole = total.known_cost
    parts = [(None, None) if whole is None else (one.cost, whole - one.cost) for one in total.attributed]
    places = money_places(amount for pair in parts for amount in pair if amount is not None)
    rows = [
        (
            _name(name),
            _percent(one.requests, total.requests),
            _percent(one.cost, total.cost),
            *(human(amount, "money", currency, places=places) for amount in pair),
        )
        for name, one, pair in zip(found.dimensions, total.attributed, parts, strict=True)
    ]
    return columns, rows


def _grouped_table(found: Coverage, currency: str, surface: Surface) -> str:
    cells = _grouped(found, currency)
    lines = ["Shares of each row's cost that have a value.", *_unpriced(found.total)]
    less = [column.name for column in cells.columns[len(found.by) + 1 :]]
    return _with_lines(drawn(cells, surface, less), lines, surface)


def _grouped(found: Coverage, currency: str) -> Grid:
    taken = {*found.by, "cost"}
    columns = (
        *(_key(name, name) for name in found.by),
        _number("cost", "Cost", "money"),
        *(_number(f"{name} (share)" if name in taken else name, name, "percent") for name in found.dimensions),
    )
    places = money_places(row.cost for row in (*found.rows, found.total) if row.cost is not None)

    def numbers(row: Row) -> tuple[str, ...]:
        cost = "unpriced" if row.known_cost is None else human(row.cost, "money", currency, places=places)
        return (cost, *(_percent(one.cost, row.cost) for one in row.attributed))

    rows = [(*(UNATTRIBUTED if key is None else _name(key) for key in row.keys), *numbers(row)) for row in found.rows]
    return Grid(
        columns=columns,
        headings=tuple(label(column.title) for column in columns),
        rows=tuple(rows),
        totals=("Total", *([""] * (len(found.by) - 1)), *numbers(found.total)),
    )


def _without_keys(found: Coverage) -> Row:
    total = found.total
    return Row(
        keys=(None,) * len(found.by),
        requests=total.requests,
        unpriced=total.unpriced,
        cost=total.cost,
        attributed=total.attributed,
    )


def _unpriced(total: Row) -> list[str]:
    if not total.unpriced:
        return []
    verb = "is" if total.unpriced == 1 else "are"
    return [f"{total.unpriced:,} of {plural(total.requests, 'request')} {verb} unpriced and in no share of cost."]


def _drawn(
    columns: tuple[Column, ...],
    rows: Sequence[tuple[str, ...]],
    lines: list[str],
    surface: Surface,
    less: Sequence[str],
) -> str:
    return _with_lines(drawn(_grid(columns, rows), surface, less), lines, surface)


def _with_lines(table: str, lines: Sequence[str], surface: Surface) -> str:
    if surface.width is not None:
        lines = [part for line in lines for part in wrapped(line, surface.width, "  ")]
    return "\n".join([table, *([""] if lines else []), *lines]) + "\n"


def _grid(columns: tuple[Column, ...], rows: Sequence[tuple[str, ...]]) -> Grid:
    return Grid(
        columns=columns, headings=tuple(label(column.title) for column in columns), rows=tuple(rows), totals=None
    )


def _key(name: str, title: str) -> Column:
    return Column(name=name, title=title, kind="text", role="key")


def _number(name: str, title: str, kind: Kind) -> Column:
    return Column(name=name, title=title, kind=kind, role="metric")


def _name(text: str, longest: int | None = None) -> str:
    shown = label(masked_shapes(text))
    return f"{shown[:longest]}…" if longest is not None and len(shown) > longest else shown


def _percent(part: Decimal | int | None, whole: Decimal | int | None) -> str:
    ratio = _ratio(part, whole)
    return human(ratio, "percent", "USD")


def _ratio(part: Decimal | int | None, whole: Decimal | int | None) -> float | None:
    if not whole or part is None:
        return None
    return round(float(Decimal(part) / Decimal(whole)), 6)


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


def _money(amount: Decimal | None, currency: str) -> str:
    return "unpriced" if amount is None else money(amount, currency)


def _instant(at: datetime) -> str:
    return f"{at.isoformat()}Z"


def _dumped(document: Mapping[str, Any]) -> str:
    return dumped(document) + "\n"
